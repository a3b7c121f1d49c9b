import Checksums
import HTTP
public import Platform

extension S3Store {
    public func beginUpload(_ key: ObjectKey, _ options: UploadOptions) async throws(StoreError) -> Upload {
        try check(key)
        let task = "cannot begin an upload of \(key.shown)"
        var headers = try headers(of: options.metadata)
        if let algorithm = options.checksum {
            try require(algorithm, task)
            if algorithm != .md5 { headers["x-amz-checksum-algorithm"] = S3Checksums.name(algorithm) }
            // So that the object has one of its own, which those who read it whole can compare.
            if algorithm.isCombinable { headers["x-amz-checksum-type"] = "FULL_OBJECT" }
        }
        // Made twice, it leaves an upload behind that nobody knows of; better than none.
        let response = try await send(request(.post, key, [("uploads", "")], headers: headers), task)
        guard let id = try document(response, task)["UploadId"], !id.isEmpty else {
            throw problem(XMLProblem(message: "it names no upload"), task, response)
        }
        return Upload(key: key, id: id, options: options)
    }

    public func uploadPart(
        _ number: Int, of upload: Upload, _ body: ByteSource, checksum: BodyChecksum?
    ) async throws(StoreError) -> UploadedPart {
        let task = "cannot upload part \(number) of \(upload.key.shown)"
        // What it was begun with the server has taken, also where another process has begun it and knew the server.
        if let checksum, checksum.algorithm != upload.options.checksum { try require(checksum.algorithm, task) }
        var message = request(.put, upload.key, try query(number, upload), body: body)
        let checksum = try await add(checksum, to: &message, task)
        let response = try await send(message, task)
        return UploadedPart(
            number: number, size: body.count, tag: try version(response, task).text, checksum: checksum)
    }

    public func copyPart(
        _ number: Int, of upload: Upload, from source: CopySource, _ range: Range<Int>
    ) async throws(StoreError) -> UploadedPart {
        let task = "cannot copy part \(number) of \(upload.key.shown) from \(source.key.shown)"
        guard !range.isEmpty else { throw StoreError(.invalid, "\(task): a copied part cannot be empty") }
        var headers = try headers(copying: source)
        headers["x-amz-copy-source-range"] = "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
        try await checkByHand(source)
        let message = request(.put, upload.key, try query(number, upload), headers: headers).slow
        let response = try await send(message, task, condition: .ofRead)
        let tag = try version(inBodyOf: response, task)
        try await checkByHand(source)
        return UploadedPart(number: number, size: range.count, tag: tag.text)
    }

    public func complete(
        _ upload: Upload, _ parts: [UploadedPart], if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        let task = "cannot complete the upload of \(upload.key.shown)"
        try parts.checkOrder(task)
        var headers: HTTPHeaders = [:]
        try add(condition, to: &headers, capabilities.conditionalComplete, task)
        headers["Content-Type"] = "application/xml"
        let message = request(
            .post, upload.key, [("uploadId", upload.id)], headers: headers, body: .bytes(S3Parts.document(parts)))
        let response = try await sendAny(message.slow, task)
        let expected = S3Parts.tag(parts)
        if response.isSuccess && !S3ErrorAnswer.isHidden(in: response) {
            // Ceph's gateway leaves it empty, but makes it as others do.
            if let version = try versionIfAny(inBodyOf: response, task) ?? expected {
                return PutResult(version: version)
            }
            return PutResult(version: try await stat(upload.key).version)
        }
        // As with `put`: done already by an attempt whose answer was lost.
        if response.attempts > 1, let expected, (try? await stat(upload.key).version) == expected {
            return PutResult(version: expected)
        }
        if S3ErrorAnswer(response).code == "NoSuchUpload" { throw failure(response, task, .ofWrite) }
        throw refusal(response, task, condition)
    }

    /// Its ETag.
    public func mark(of parts: [UploadedPart]) -> ObjectMark? { S3Parts.tag(parts).map { ObjectMark($0.text) } }

    public func abort(_ upload: Upload) async throws(StoreError) {
        let task = "cannot abort the upload of \(upload.key.shown)"
        let response = try await sendAny(request(.delete, upload.key, [("uploadId", upload.id)]), task)
        if response.isSuccess { return }
        let isGone = response.status == 404 && S3ErrorAnswer(response).code != "NoSuchBucket"
        guard isGone else { throw failure(response, task, .ofWrite) }
    }

    private func query(
        _ number: Int, _ upload: Upload
    ) throws(StoreError) -> [(name: String, value: String?)] {
        guard (1...capabilities.maximumParts).contains(number) else {
            throw StoreError(.invalid, "\(upload.key.shown): S3's parts have numbers from 1 to 10000, not \(number)")
        }
        return [("partNumber", String(number)), ("uploadId", upload.id)]
    }
}
