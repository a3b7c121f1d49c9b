import Checksums
import HTTP
import Platform

extension S3Store {
    public func stat(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
        try check(key)
        let task = "cannot look at \(key.shown)"
        let message = request(.head, key, headers: ["x-amz-checksum-mode": "ENABLED"])
        var response = try await sendAny(message, task)
        if [301, 307, 400, 403].contains(response.status), try await explain(response, key, task) {
            // Whatever it was has been put right.
            response = try await sendAny(message, task)
        }
        guard response.isSuccess else { throw failure(response, task, .ofRead) }
        let size = response.headers["Content-Length"].flatMap { Int($0) }
        guard let size, let info = info(of: key, response.headers, size: size) else {
            throw StoreError(
                .inputOutput, "\(task): the answer lacks its size or ETag", isRetryable: true,
                requestID: S3ErrorAnswer.requestID(response.headers))
        }
        return info
    }

    public func size(
        ofPart number: Int, of key: ObjectKey, _ version: ObjectVersion
    ) async throws(StoreError) -> Int? {
        try check(key)
        let task = "cannot look at part \(number) of \(key.shown)"
        let message = request(
            .head, key, [("partNumber", String(number))], headers: ["If-Match": try version.condition])
        var response = try await sendAny(message, task)
        if [400, 403].contains(response.status), try await explain(response, key, task) {
            // Credentials that had expired are new now; who refuses this alone does so again.
            response = try await sendAny(message, task)
        }
        switch response.status {
        case 200, 206:
            // Who knows nothing of parts answers for the whole.
            guard response.headers["x-amz-mp-parts-count"] != nil else { return nil }
            return response.headers["Content-Length"].flatMap { Int($0) }
        case 412: throw .changed(key)
        case 400, 403, 405, 416, 501: return nil
        default: throw failure(response, task, .ofRead)
        }
    }

    /// A refusal of HEAD has no body: what it does not say is asked for with a GET, whose refusal is thrown. True when
    /// that one is not refused, because what it said could be mended.
    private func explain(
        _ refusal: HTTPResponse, _ key: ObjectKey, _ task: String
    ) async throws(StoreError) -> Bool {
        var message = request(.get, key, headers: ["Range": "bytes=0-0"])
        message.accept = { head in head.isSuccess ? .sink(limit: 1) : .keep }
        let response = try await sendAny(message, task)
        guard response.isSuccess || response.status == 416 else { throw failure(response, task, .ofRead) }
        return true
    }

    /// What an answer's headers say of the object; nothing without an ETag, for want of a version.
    func info(
        of key: ObjectKey, _ headers: HTTPHeaders, size: Int, statesChecksums: Bool = true
    ) -> ObjectInfo? {
        guard let version = ObjectVersion(entityTag: headers["ETag"]) else { return nil }
        let modified = headers["Last-Modified"].flatMap { HTTPDate.seconds($0) }
        var info = ObjectInfo(
            key: key, size: size, modified: FileTime(seconds: modified ?? 0, nanoseconds: 0), version: version,
            metadata: S3Metadata.metadata(headers), storageClass: headers["x-amz-storage-class"] ?? "STANDARD")
        if statesChecksums {
            info.checksums = S3Checksums.stated(by: headers)
            info.composites = S3Checksums.composites(by: headers)
        }
        if tagIsMD5(headers) {
            if let checksum = version.md5 { info.checksums.append(checksum) }
            if facts.server.tagsOfPartsAreMD5, let composite = version.compositeMD5 {
                info.composites.append(composite)
            }
        }
        info.checksumAlgorithm = info.checksums.first?.algorithm
        info.isArchived =
            (S3StorageClass.isArchive(info.storageClass) || headers["x-amz-archive-status"] != nil)
            && !S3StorageClass.isRestored(headers["x-amz-restore"])
        return info
    }

    /// Encryption with a key of one's own makes other ETags, which look the same.
    private func tagIsMD5(_ headers: HTTPHeaders) -> Bool {
        let server = facts.server
        guard server.tagsAreMD5, headers["x-amz-server-side-encryption-customer-algorithm"] == nil else { return false }
        switch headers["x-amz-server-side-encryption"] {
        case nil: return true
        case "AES256": return server == .amazon
        default: return false
        }
    }
}
