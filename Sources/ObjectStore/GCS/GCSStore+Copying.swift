import HTTP
import JSON
import Signing

extension GCSStore {
    public func copy(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try check(source.key)
        try check(key)
        let task = "cannot copy \(source.key.shown) to \(key.shown)"
        return PutResult(version: try await rewrite(source, to: key, metadata, if: condition, task).version)
    }

    /// A copy that the server makes, in as many calls as it wants: each says how to go on.
    func rewrite(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition,
        _ task: String
    ) async throws(StoreError) -> GCSObject {
        var query = queryOfWrites(acl: "destinationPredefinedAcl", key: "destinationKmsKeyName")
        // Of the whole answer, not only of the object.
        query.removeAll { $0.name == "fields" }
        try add(condition, to: &query, capabilities.conditionalCopy, task)
        let (source, resource) = try await described(source, metadata, task)
        // Not as a condition: it would fail as the target's does.
        if let version = source.version {
            guard let generation = version.generation else { throw .changed(source.key) }
            query.append(QueryItem("sourceGeneration", generation))
        }
        var token: String?
        while true {
            let step = query + (token.map { [QueryItem("rewriteToken", $0)] } ?? [])
            let address = site.object(
                source.key, "rewriteTo/b/\(PercentEncoding.component(site.bucket))/o/\(GCSSite.name(key))", step)
            let response = try await sendAny(slow(request(.post, address, sending: resource)), task)
            guard response.isSuccess else {
                return try await settle(response, source, key, condition, task)
            }
            let document = try document(response, task)
            guard document["done"] != .boolean(true) else {
                try await checkByHand(source, task)
                return try object(in: document["resource"], response, task)
            }
            guard let next = document["rewriteToken"]?.text, !next.isEmpty else {
                throw odd("a copy that is not done and cannot be gone on with", response, task)
            }
            token = next
        }
    }

    /// As soon as anything is said of the new object, nothing of the old one comes along by itself, so that all has to be named.
    private func described(
        _ source: CopySource, _ metadata: ObjectMetadata?, _ task: String
    ) async throws(StoreError) -> (CopySource, JSONValue) {
        try await checkByHand(source, task)
        guard metadata != nil || settings.storageClass != nil else { return (source, .object([])) }
        let found = try await look(source.key, task)
        guard source.version == nil || source.version == found.version else { throw .changed(source.key) }
        let members = try members(metadata ?? found.info.metadata)
        return (CopySource(source.key, found.version), .object(members + found.keptMembers))
    }

    /// For servers that copy whatever is there. Asked before and after, a change in between is seen, though not undone: the copy
    /// is there then.
    func checkByHand(_ source: CopySource, _ task: String) async throws(StoreError) {
        guard let version = source.version, !facts.server.checksSources else { return }
        guard try await look(source.key, task).version == version else { throw .changed(source.key) }
    }

    /// A copy that was refused: because of its source, or because its own first attempt has made it already.
    private func settle(
        _ response: HTTPResponse, _ source: CopySource, _ key: ObjectKey, _ condition: WriteCondition, _ task: String
    ) async throws(StoreError) -> GCSObject {
        let failure = failure(response, task)
        if failure.code == .conditionFailed, response.attempts > 1, let original = try? await look(source.key, task),
            let found = try? await look(key, task), found.isSame(as: original)
        {
            return found
        }
        throw try await missing(source.key, source.version, failure)
    }

    /// Moves in one step; only buckets with a hierarchy of folders can, see `check`.
    public func rename(
        _ key: ObjectKey, to newKey: ObjectKey, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try check(key)
        try check(newKey)
        let task = "cannot rename \(key.shown) to \(newKey.shown)"
        guard capabilities.atomicRename != .none else {
            throw StoreError(.unsupported, "\(task): this bucket has no moves")
        }
        if key.endsInSlash, capabilities.atomicRename == .objectsAndFolders {
            try await renameFolder(key, to: newKey, if: condition, task)
            // Folders have none.
            return PutResult(version: ObjectVersion("folder"))
        }
        // By which it is known again if the answer is lost.
        let source = try await look(key, task)
        var query = [
            QueryItem("fields", GCSObject.allFields), QueryItem("ifSourceGenerationMatch", source.version.text),
        ]
        try add(condition, to: &query, capabilities.conditionalCopy, task)
        let response = try await sendAny(
            slow(request(.post, site.object(key, "moveTo/o/" + GCSSite.name(newKey), query))), task)
        if response.isSuccess { return PutResult(version: try object(response, task).version) }
        if response.attempts > 1, let found = try? await look(newKey, task), found.isSame(as: source),
            await isAbsent(key, task)
        {
            return PutResult(version: found.version)
        }
        let failure = failure(response, task)
        if failure.status == 403 {
            // Whoever asks may not, though perhaps copy and delete: then it is done so from now on.
            facts.hasMoves = false
            throw withoutFolders(failure)
        }
        // It may be the source's.
        guard failure.code == .conditionFailed, (try? await look(key, task).version) != source.version else {
            throw failure
        }
        throw .changed(key)
    }

    private func isAbsent(_ key: ObjectKey, _ task: String) async -> Bool {
        do throws(StoreError) {
            _ = try await look(key, task)
            return false
        } catch {
            return error.code == .notFound
        }
    }
}

extension GCSObject {
    /// The same bytes, as far as checksums can tell.
    func isSame(as other: GCSObject) -> Bool { size == other.size && crc32c != nil && crc32c == other.crc32c }
}
