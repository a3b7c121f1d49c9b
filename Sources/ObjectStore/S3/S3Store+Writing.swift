import Checksums
import HTTP
public import Platform

extension S3Store {
    public func put(
        _ key: ObjectKey, _ body: ByteSource, _ options: PutOptions
    ) async throws(StoreError) -> PutResult {
        try check(key)
        let task = "cannot write \(key.shown)"
        guard body.count <= capabilities.maximumPut else {
            throw StoreError(.tooLarge, "\(task): \(body.count) bytes are more than S3 takes at once")
        }
        var headers = try headers(of: options.metadata)
        try add(options.condition, to: &headers, capabilities.conditionalPut, task)
        if let checksum = options.checksum { try require(checksum.algorithm, task) }
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
    /// fail.
    private func settle(_ key: ObjectKey, _ body: ByteSource, _ task: String) async -> ObjectVersion? {
        guard let found = try? await stat(key), found.size == body.count,
            let checksum = try? await FileChecksum.checksum(.md5, of: body, task), found.version.md5 == checksum
        else { return nil }
        return found.version
    }

    // MARK: Common to all writes

    func headers(of metadata: ObjectMetadata) throws(StoreError) -> HTTPHeaders {
        var headers = settings.headersOfWrites
        headers.add(try S3Metadata.headers(metadata))
        return headers
    }

    func add(
        _ condition: WriteCondition, to headers: inout HTTPHeaders, _ isKept: Bool, _ task: String
    ) throws(StoreError) {
        guard isKept || condition == .always else {
            throw StoreError(.unsupported, "\(task): this server does not keep conditions here")
        }
        switch condition {
        case .always: break
        case .ifAbsent: headers["If-None-Match"] = "*"
        case .ifVersion(let version):
            let tag = try version.condition
            headers["If-Match"] = facts.server.wantsQuotes ? tag : version.text
        }
    }

    /// Returns the checksum, which the server is told.
    @discardableResult
    func add(
        _ checksum: BodyChecksum?, to request: inout HTTPRequest, _ task: String
    ) async throws(StoreError) -> Checksum? {
        // Of what has no type SeaweedFS guesses it, and takes a request that ends behind its head for one without bytes.
        if request.headers["Content-Type"] == nil { request.headers["Content-Type"] = "application/octet-stream" }
        let found = try await addHashes(to: &request, computing: checksum?.computed, task)
        guard let known = checksum?.known ?? found else { return nil }
        S3Checksums.add(known, to: &request.headers)
        return known
    }

    /// Over a connection that others can change, the body is signed as well, unless its hash is there already. Returns the
    /// checksum that is wanted besides, of the same reading.
    @discardableResult
    func addHashes(
        to request: inout HTTPRequest, computing algorithm: Checksum.Algorithm? = nil, _ task: String
    ) async throws(StoreError) -> Checksum? {
        guard let body = request.body else { return nil }
        let isSigned = !request.address.isSecure && request.headers[S3Signing.hashHeader] == nil
        let wanted = (algorithm.map { [$0] } ?? []) + (isSigned ? [.sha256] : [])
        let checksums = try await FileChecksum.checksums(wanted, of: body, task)
        if isSigned { request.headers[S3Signing.hashHeader] = checksums.last?.hex }
        return algorithm == nil ? nil : checksums.first
    }

    func require(_ algorithm: Checksum.Algorithm, _ task: String) throws(StoreError) {
        guard capabilities.checksums.contains(algorithm) else {
            throw StoreError(.unsupported, "\(task): this server does not verify \(algorithm.rawValue) checksums")
        }
    }

    /// Of a write: where nothing is, there is not the version that was expected either.
    func refusal(_ response: HTTPResponse, _ task: String, _ condition: WriteCondition) -> StoreError {
        var failure = failure(response, task, .ofWrite)
        if case .ifVersion = condition, failure.code == .notFound, S3ErrorAnswer(response).code != "NoSuchBucket" {
            failure.code = .conditionFailed
        }
        return failure
    }

    func version(_ response: HTTPResponse, _ task: String) throws(StoreError) -> ObjectVersion {
        guard let version = ObjectVersion(entityTag: response.headers["ETag"]) else {
            throw noTag(response, task)
        }
        return version
    }

    /// Of a result that stands in the body.
    func version(inBodyOf response: HTTPResponse, _ task: String) throws(StoreError) -> ObjectVersion {
        guard let version = try versionIfAny(inBodyOf: response, task) else { throw noTag(response, task) }
        return version
    }

    func versionIfAny(inBodyOf response: HTTPResponse, _ task: String) throws(StoreError) -> ObjectVersion? {
        ObjectVersion(entityTag: try document(response, task)["ETag"])
    }

    func document(_ response: HTTPResponse, _ task: String) throws(StoreError) -> XMLLeaves {
        do throws(XMLProblem) {
            return try XMLLeaves.read(response.body)
        } catch {
            throw problem(error, task, response)
        }
    }

    private func noTag(_ response: HTTPResponse, _ task: String) -> StoreError {
        problem(XMLProblem(message: "it names no ETag"), task, response)
    }
}
