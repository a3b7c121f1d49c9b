import Checksums
import HTTP
import JSON
public import Platform
import Signing

extension GCSStore {
    public func put(
        _ key: ObjectKey, _ body: ByteSource, _ options: PutOptions
    ) async throws(StoreError) -> PutResult {
        try check(key)
        let task = "cannot write \(key.shown)"
        guard body.count <= capabilities.maximumPut else {
            throw StoreError(.tooLarge, "\(task): \(body.count) bytes are more than GCS takes")
        }
        var query = [QueryItem("name", bytes: key.bytes)]
        try add(options.condition, to: &query, capabilities.conditionalPut, task)
        let checksum = try await checksum(options.checksum, of: body, task)
        let resource = JSONValue.object(try members(options.metadata, checksum))
        let response = try await upload(body, query, resource, options.metadata.contentType, task)
        if response.isSuccess { return PutResult(version: try object(response, task).version) }
        let failure = failure(response, task)
        if failure.code == .conditionFailed, response.attempts > 1, let version = await settle(key, body, task) {
            return PutResult(version: version)
        }
        throw refusal(failure, response, options.condition)
    }

    /// The first attempt may have arrived although its answer was lost; then it is our own object that makes the next one
    /// fail.
    private func settle(_ key: ObjectKey, _ body: ByteSource, _ task: String) async -> ObjectVersion? {
        guard let found = try? await look(key, task), found.size == body.count,
            let stated = found.md5 ?? found.crc32c,
            let checksum = try? await FileChecksum.checksum(stated.algorithm, of: body, task), stated == checksum
        else { return nil }
        return found.version
    }

    // MARK: Common to all writes

    /// What is said of an object that is made, with what its bytes have to be.
    func members(
        _ metadata: ObjectMetadata, _ checksum: Checksum? = nil
    ) throws(StoreError) -> [JSONValue.Member] {
        var members = try GCSMetadata.members(metadata)
        if let storageClass = settings.storageClass { members.append(.init("storageClass", .string(storageClass))) }
        if let checksum {
            members.append(.init(checksum.algorithm == .md5 ? "md5Hash" : "crc32c", .string(checksum.base64)))
        }
        return members
    }

    /// What a request that makes an object says beside its document; `acl` is the name of that parameter.
    func queryOfWrites(acl: String = "predefinedAcl", key: String = "kmsKeyName") -> [QueryItem] {
        let items = [(acl, settings.acl), (key, settings.kmsKeyName), ("fields", GCSObject.allFields)]
        return items.compactMap { name, value in value.map { QueryItem(name, $0) } }
    }

    func add(
        _ condition: WriteCondition, to query: inout [QueryItem], _ isKept: Bool, _ task: String
    ) throws(StoreError) {
        guard isKept || condition == .always else {
            throw StoreError(.unsupported, "\(task): this server does not keep conditions here")
        }
        switch condition {
        case .always: break
        case .ifAbsent: query.append(QueryItem("ifGenerationMatch", "0"))
        case .ifVersion(let version):
            guard let generation = version.generation else {
                throw StoreError(.conditionFailed, "\(task): no object can be of version \(version.text.printable)")
            }
            query.append(QueryItem("ifGenerationMatch", generation))
        }
    }

    /// What the server is told of a body.
    func checksum(
        _ checksum: BodyChecksum?, of body: ByteSource, _ task: String
    ) async throws(StoreError) -> Checksum? {
        guard let checksum else { return nil }
        try require(checksum.algorithm, task)
        if let known = checksum.known { return known }
        return try await FileChecksum.checksum(checksum.algorithm, of: body, task)
    }

    func require(_ algorithm: Checksum.Algorithm, _ task: String) throws(StoreError) {
        guard capabilities.checksums.contains(algorithm) else {
            throw StoreError(.unsupported, "\(task): this server does not verify \(algorithm.rawValue) checksums")
        }
    }

    /// Of a write: where nothing is, there is not the version that was expected either.
    func refusal(_ failure: StoreError, _ response: HTTPResponse, _ condition: WriteCondition) -> StoreError {
        var failure = failure
        if case .ifVersion = condition, failure.code == .notFound, !GCSErrorAnswer(response).isAboutBucket {
            failure.code = .conditionFailed
        }
        return failure
    }
}
