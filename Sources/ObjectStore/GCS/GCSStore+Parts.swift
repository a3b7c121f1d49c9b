import Checksums
import HTTP
import JSON
public import Platform
import Signing

/// Objects that come in parts. Of GCS's three ways this is the parallel composite upload: each part is an object for itself
/// under a name that says of which upload it is, and in the end the server puts them together. A resumable session takes bytes in
/// their order only; an upload in the XML interface, which is as S3 has it, overwrites in the end whatever is there. Objects that are
/// put together have conditions, parts may come in any order and again, and another process finds them by the upload's id alone.
/// What it costs: a few requests more, the removal of the parts, and in buckets that keep what was deleted, its time there.
extension GCSStore {
    public func beginUpload(_ key: ObjectKey, _ options: UploadOptions) async throws(StoreError) -> Upload {
        try check(key)
        let task = "cannot begin an upload of \(key.shown)"
        if let algorithm = options.checksum { try require(algorithm, task) }
        // What cannot be said is refused now and not when all parts have come.
        _ = try members(options.metadata)
        let upload = Upload(key: key, id: RandomID.make(), options: options)
        _ = try await store(.bytes([]), as: names(of: upload).mark, task)
        return upload
    }

    public func uploadPart(
        _ number: Int, of upload: Upload, _ body: ByteSource, checksum: BodyChecksum?
    ) async throws(StoreError) -> UploadedPart {
        let task = "cannot upload part \(number) of \(upload.key.shown)"
        let names = try names(of: upload, number, task)
        let checksum = try await self.checksum(checksum, of: body, task)
        let part = try await store(body, as: names.part(number), task)
        // Nobody sees a part before this, so that it can be looked at when it is there.
        if let checksum, part.checksum(checksum.algorithm) != checksum {
            try await remove(part.key, task)
            throw StoreError(.inputOutput, "\(task): what arrived is not what was to be sent", isRetryable: true)
        }
        return try await kept(part, number, of: upload, names, checksum, task)
    }

    /// Only of whole objects: the server has no way to take a range.
    public func copyPart(
        _ number: Int, of upload: Upload, from source: CopySource, _ range: Range<Int>
    ) async throws(StoreError) -> UploadedPart {
        let task = "cannot copy part \(number) of \(upload.key.shown) from \(source.key.shown)"
        let names = try names(of: upload, number, task)
        let found = try await stat(source.key)
        guard source.version == nil || source.version == found.version else { throw .changed(source.key) }
        guard range == 0..<found.size else {
            throw StoreError(.unsupported, "\(task): GCS copies whole objects only")
        }
        let pinned = CopySource(source.key, found.version)
        let part = try await rewrite(pinned, to: names.part(number), nil, if: .always, task)
        return try await kept(part, number, of: upload, names, nil, task)
    }

    public func abort(_ upload: Upload) async throws(StoreError) {
        try await removeParts(of: upload, "cannot abort the upload of \(upload.key.shown)")
    }

    // MARK: Common to all parts

    func names(of upload: Upload) throws(StoreError) -> GCSParts {
        try GCSParts(upload, below: settings.partsPrefix)
    }

    private func names(of upload: Upload, _ number: Int, _ task: String) throws(StoreError) -> GCSParts {
        guard (1...GCSParts.most).contains(number) else {
            throw StoreError(.invalid, "\(task): parts have numbers from 1 to \(GCSParts.most)")
        }
        return try names(of: upload)
    }

    /// An object of which nothing has to be said, in one request and straight from its file.
    private func store(_ body: ByteSource, as key: ObjectKey, _ task: String) async throws(StoreError) -> GCSObject {
        var query = [QueryItem("uploadType", "media"), QueryItem("name", bytes: key.bytes)]
        if let kms = settings.kmsKeyName { query.append(QueryItem("kmsKeyName", kms)) }
        query.append(QueryItem("fields", GCSObject.fields))
        var message = request(
            .post, site.upload(query), headers: ["Content-Type": "application/octet-stream"], body: body)
        message.answerMilliseconds = 600_000
        return try object(try await send(message, task), task)
    }

    /// A part that came to an upload that is over would stay for ever. Who ends one removes its mark first and its parts then, so that
    /// either he finds this part, or we do not find the mark.
    private func kept(
        _ part: GCSObject, _ number: Int, of upload: Upload, _ names: GCSParts, _ checksum: Checksum?, _ task: String
    ) async throws(StoreError) -> UploadedPart {
        do throws(StoreError) {
            _ = try await look(names.mark, task)
        } catch  where error.code == .notFound {
            try await remove(part.key, task)
            throw StoreError(.notFound, "\(task): there is no such upload")
        }
        return UploadedPart(
            number: number, size: part.size, tag: part.version.text, checksum: checksum ?? part.crc32c)
    }

    func removeParts(of upload: Upload, _ task: String) async throws(StoreError) {
        let names = try names(of: upload)
        try await remove(names.mark, task)
        var request = ListRequest(prefix: names.folder)
        repeat {
            let page = try await page(request, task)
            let outcomes = await deleteEach(page.objects.map { Deletion($0.key) }) { (part) async throws(StoreError) in
                try await remove(part.key, task)
            }
            for outcome in outcomes { try outcome.get() }
            request.continuation = page.next
        } while request.continuation != nil
        try await removeFolder(names.folder, task)
    }
}
