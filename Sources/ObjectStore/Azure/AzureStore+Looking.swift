import Checksums
import HTTP
import Platform

extension AzureStore {
    public func stat(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
        try check(key)
        let task = "cannot look at \(key.shown)"
        if hasFolders, key.endsInSlash {
            guard let folder = try await marker(ofFolder: key, task) else {
                throw StoreError(.notFound, "\(task): there is no such folder")
            }
            return folder
        }
        let response = try await sendAny(request(.head, key), task)
        if response.status == 404, let marker = try await marker(ofFolder: key, task) { return marker }
        guard response.isSuccess else { throw failure(response, task, broken: .changed) }
        let info = try info(of: key, response, task)
        guard !AzureMetadata.isFolder(info.metadata) else { throw isFolder(key, task) }
        return info
    }

    /// Of an object whose whole is not read.
    func info(of key: ObjectKey, _ response: HTTPResponse, _ task: String) throws(StoreError) -> ObjectInfo {
        let size = response.headers["Content-Length"].flatMap { Int($0) }
        guard let size, let info = info(of: key, response.headers, size: size) else {
            throw StoreError(
                .inputOutput, "\(task): the answer lacks its size or ETag", isRetryable: true,
                requestID: AzureErrorAnswer(response).requestID)
        }
        return info
    }

    /// What an answer's headers say of the object; nothing without an ETag, for want of a version.
    func info(of key: ObjectKey, _ headers: HTTPHeaders, size: Int, isRange: Bool = false) -> ObjectInfo? {
        guard let version = ObjectVersion(entityTag: headers["ETag"]) else { return nil }
        let modified = headers["Last-Modified"].flatMap { HTTPDate.seconds($0) }
        let tier = headers["x-ms-access-tier"]
        var info = ObjectInfo(
            key: key, size: size, modified: FileTime(seconds: modified ?? 0, nanoseconds: 0), version: version,
            metadata: AzureMetadata.metadata(headers),
            checksums: AzureChecksums.stated(by: headers, isRange: isRange), storageClass: tier,
            isArchived: tier == "Archive")
        info.checksumAlgorithm = info.checksums.first?.algorithm
        return info
    }
}
