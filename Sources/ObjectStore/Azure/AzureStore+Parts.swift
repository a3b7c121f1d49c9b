import Checksums
import HTTP
public import Platform
import Signing

/// Uploads in parts. The service knows none: an object has blocks that wait, under names that we give them, until a list of
/// names makes an object of some of them. All others are thrown away then, those of another upload too, and all of them after
/// a week.
extension AzureStore {
    public func beginUpload(_ key: ObjectKey, _ options: UploadOptions) async throws(StoreError) -> Upload {
        try check(key)
        let task = "cannot begin an upload of \(key.shown)"
        _ = try headers(of: options.metadata)
        if let algorithm = options.checksum, !AzureChecksums.verified.contains(algorithm) {
            throw StoreError(.unsupported, "\(task): Azure does not verify \(algorithm.rawValue) checksums")
        }
        return Upload(key: key, id: RandomID.make(), options: options)
    }

    public func uploadPart(
        _ number: Int, of upload: Upload, _ body: ByteSource, checksum: BodyChecksum?
    ) async throws(StoreError) -> UploadedPart {
        let task = "cannot upload part \(number) of \(upload.key.shown)"
        let block = try block(number, of: upload, size: body.count, task)
        var message = request(.put, upload.key, [("comp", "block"), ("blockid", block)], body: body)
        let checksum = try await add(checksum, to: &message, task)
        _ = try await send(message, task)
        return UploadedPart(number: number, size: body.count, tag: block, checksum: checksum)
    }

    public func copyPart(
        _ number: Int, of upload: Upload, from source: CopySource, _ range: Range<Int>
    ) async throws(StoreError) -> UploadedPart {
        let task = "cannot copy part \(number) of \(upload.key.shown) from \(source.key.shown)"
        let block = try block(number, of: upload, size: range.count, task)
        var headers = try headers(copying: source)
        headers["x-ms-source-range"] = "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
        let message = request(.put, upload.key, [("comp", "block"), ("blockid", block)], headers: headers).slow
        _ = try await send(message, task, broken: .changed)
        return UploadedPart(number: number, size: range.count, tag: block)
    }

    public func complete(
        _ upload: Upload, _ parts: [UploadedPart], if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        let task = "cannot complete the upload of \(upload.key.shown)"
        try check(upload, task)
        try parts.checkOrder(task)
        for part in parts {
            guard let block = AzureBlock(part.tag), block.upload == upload.id, block.number == part.number else {
                throw StoreError(.invalid, "\(task): part \(part.number) is none of its parts")
            }
        }
        let names = parts.map(\.tag)
        // Who may write and not read cannot look; then the service refuses what it does not have.
        if let (list, version) = try await blocks(of: upload.key, task) {
            // Done already, by an attempt whose answer was lost, or whose process has ended.
            if let version, list.committed == names { return PutResult(version: version) }
            try check(parts, of: upload, against: list, task)
        }
        var headers = try headers(of: upload.options.metadata)
        headers["Content-Type"] = "application/xml"
        try add(condition, to: &headers)
        let message = request(
            .put, upload.key, [("comp", "blocklist")], headers: headers,
            body: .bytes(AzureBlockList.document(names)))
        let response = try await sendAny(message.slow, task)
        if response.isSuccess { return PutResult(version: try version(response, task)) }
        let failure = refusal(response, task, condition)
        // Names of blocks are nobody else's: what is made of them has been made by an attempt whose answer was lost.
        if failure.code == .conditionFailed, let (list, there) = try? await blocks(of: upload.key, task),
            let found = there, list.committed == names
        {
            return PutResult(version: found)
        }
        throw failure
    }

    /// Names of blocks are nobody else's, and the service tells those of an object. There may be thousands.
    public func mark(of parts: [UploadedPart]) -> ObjectMark? { Self.mark(ofBlocks: parts.map(\.tag)) }

    public func hasMark(_ mark: ObjectMark, _ object: ObjectInfo) async throws(StoreError) -> Bool {
        let found = try await blocks(of: object.key, "cannot tell what \(object.key.shown) is made of")
        guard let (list, version) = found, version == object.version, !list.committed.isEmpty else { return false }
        return Self.mark(ofBlocks: list.committed) == mark
    }

    private static func mark(ofBlocks names: [String]) -> ObjectMark {
        ObjectMark(Hex.text(of: SHA256.digest(Array(names.joined(separator: " ").utf8))))
    }

    /// The service cannot be told: it throws the parts away by itself, with the next write of the object, or after a week.
    public func abort(_ upload: Upload) async throws(StoreError) {
        try check(upload.key)
        facts.noteAbort(of: upload.id)
    }

    // MARK: Blocks

    /// The name under which a part is sent.
    private func block(_ number: Int, of upload: Upload, size: Int, _ task: String) throws(StoreError) -> String {
        try check(upload, task)
        guard AzureBlock.numbers.contains(number) else {
            throw StoreError(.invalid, "\(task): parts have numbers from 1 to \(AzureBlock.numbers.upperBound)")
        }
        guard size > 0 else { throw StoreError(.invalid, "\(task): Azure's parts have at least one byte") }
        guard size <= capabilities.maximumPartSize else {
            throw StoreError(.tooLarge, "\(task): \(size) bytes are more than Azure takes in a part")
        }
        return AzureBlock(of: upload.id, number: number).text
    }

    private func check(_ upload: Upload, _ task: String) throws(StoreError) {
        try check(upload.key)
        guard RandomID.isOne(upload.id) else {
            throw StoreError(.invalid, "\(task): \(upload.id.printable) is no upload's name")
        }
        guard !facts.isAborted(upload.id) else { throw isGone(task, "it was aborted") }
    }

    /// Nothing when we may not look. The version is that of the object that is there, if one is.
    private func blocks(
        of key: ObjectKey, _ task: String
    ) async throws(StoreError) -> (AzureBlockList, ObjectVersion?)? {
        guard await service.mayPermit(anyOf: "r") else { return nil }
        var message = request(.get, key, [("comp", "blocklist"), ("blocklisttype", "all")])
        message.sink = .bytes(limit: XMLReader.longest)
        let response = try await sendAny(message, task)
        guard response.isSuccess else {
            let failure = failure(response, task)
            if failure.code == .denied { return nil }
            if failure.code == .notFound, !AzureErrorAnswer(response).isOfContainer {
                throw isGone(task, "the service has none of its parts any more")
            }
            throw failure
        }
        do throws(XMLProblem) {
            return (try AzureBlockList(response.body), ObjectVersion(entityTag: response.headers["ETag"]))
        } catch {
            throw problem(error, task, response)
        }
    }

    private func check(
        _ parts: [UploadedPart], of upload: Upload, against list: AzureBlockList, _ task: String
    ) throws(StoreError) {
        var newest: [Int: (time: String, name: String)] = [:]
        for name in list.uncommitted {
            guard let block = AzureBlock(name), block.upload == upload.id else { continue }
            if let other = newest[block.number], other.time > block.time { continue }
            newest[block.number] = (block.time, name)
        }
        guard !newest.isEmpty else { throw isGone(task, "another write of the object has taken its parts away") }
        for part in parts where newest[part.number]?.name != part.tag {
            throw StoreError(.invalid, "\(task): part \(part.number) is not there, or another has taken its place")
        }
    }

    private func isGone(_ task: String, _ why: String) -> StoreError {
        StoreError(.notFound, "\(task): there is no such upload: \(why)")
    }
}
