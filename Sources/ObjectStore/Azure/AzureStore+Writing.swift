import Checksums
import HTTP
public import Platform

extension AzureStore {
    public func put(
        _ key: ObjectKey, _ body: ByteSource, _ options: PutOptions
    ) async throws(StoreError) -> PutResult {
        try check(key)
        let task = "cannot write \(key.shown)"
        if hasFolders, key.endsInSlash {
            guard body.count == 0 else {
                throw StoreError(.invalid, "\(task): folders of this account are real, and have no content")
            }
            return try await makeFolder(key, options)
        }
        guard body.count <= capabilities.maximumPut else {
            throw StoreError(.tooLarge, "\(task): \(body.count) bytes are more than Azure takes at once")
        }
        var headers = try headers(of: options.metadata)
        headers["x-ms-blob-type"] = Self.blobType
        try add(options.condition, to: &headers)
        var message = request(.put, key, headers: headers, body: body)
        try await add(options.checksum, to: &message, task)
        let response = try await sendAny(message, task)
        if response.isSuccess { return PutResult(version: try version(response, task)) }
        let failure = refusal(response, task, options.condition)
        if failure.code == .conditionFailed, response.attempts > 1, let version = await settle(key, body, task) {
            return PutResult(version: version)
        }
        throw failure
    }

    /// The first attempt may have arrived although its answer was lost; then it is our own object that makes the next one
    /// fail. The service computes the MD5 of what comes at once by itself.
    private func settle(_ key: ObjectKey, _ body: ByteSource, _ task: String) async -> ObjectVersion? {
        guard let found = try? await stat(key), found.size == body.count,
            let checksum = try? await FileChecksum.checksum(.md5, of: body, task), found.checksums.contains(checksum)
        else { return nil }
        return found.version
    }

    // MARK: Common to all writes

    static let blobType = "BlockBlob"

    func headers(of metadata: ObjectMetadata) throws(StoreError) -> HTTPHeaders {
        var headers = settings.headersOfWrites
        headers.add(try AzureMetadata.headers(metadata))
        return headers
    }

    func add(_ condition: WriteCondition, to headers: inout HTTPHeaders) throws(StoreError) {
        switch condition {
        case .always: break
        case .ifAbsent: headers["If-None-Match"] = "*"
        case .ifVersion(let version): headers["If-Match"] = try version.condition
        }
    }

    /// Returns the checksum, which the server is told.
    @discardableResult
    func add(
        _ checksum: BodyChecksum?, to request: inout HTTPRequest, _ task: String
    ) async throws(StoreError) -> Checksum? {
        request.headers["Content-Type"] = "application/octet-stream"
        guard let checksum, let body = request.body else { return nil }
        guard AzureChecksums.verified.contains(checksum.algorithm) else {
            throw StoreError(.unsupported, "\(task): Azure does not verify \(checksum.algorithm.rawValue) checksums")
        }
        let known: Checksum
        if let given = checksum.known {
            known = given
        } else {
            known = try await FileChecksum.checksum(checksum.algorithm, of: body, task)
        }
        AzureChecksums.add(known, to: &request.headers)
        return known
    }

    /// Of a write: where nothing is, there is not the version that was expected either.
    func refusal(_ response: HTTPResponse, _ task: String, _ condition: WriteCondition) -> StoreError {
        var failure = failure(response, task)
        if case .ifVersion = condition, failure.code == .notFound, !AzureErrorAnswer(response).isOfContainer {
            failure.code = .conditionFailed
        }
        return failure
    }

    func version(_ response: HTTPResponse, _ task: String) throws(StoreError) -> ObjectVersion {
        guard let version = ObjectVersion(entityTag: response.headers["ETag"]) else {
            throw problem(XMLProblem(message: "it names no ETag"), task, response)
        }
        return version
    }
}
