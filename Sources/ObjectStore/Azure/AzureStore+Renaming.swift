import HTTP
import Platform

/// Moves in one step, by the account's host for trees of files and folders.
extension AzureStore {
    public func rename(
        _ key: ObjectKey, to newKey: ObjectKey, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try check(key)
        try check(newKey)
        let task = "cannot rename \(key.shown) to \(newKey.shown)"
        guard capabilities.atomicRename != .none else { throw noMoves(task) }
        guard key.endsInSlash == newKey.endsInSlash else {
            throw StoreError(.invalid, "\(task): they are not both folders")
        }
        // By which it is known again if the answer is lost.
        let source = try await moved(key, task)
        try await move(source, to: newKey, condition, task)
        return PutResult(version: try await moved(newKey, task).info.version)
    }

    /// In as many calls as the service wants.
    private func move(
        _ source: Moved, to newKey: ObjectKey, _ condition: WriteCondition, _ task: String
    ) async throws(StoreError) {
        let key = source.info.key
        var headers: HTTPHeaders = [:]
        headers[AzureRenameSource.header] = site.renameSource(Self.node(key))
        var first = headers
        // Nothing else that has come into its place meanwhile. A folder's changes with what is in it.
        if !key.endsInSlash { first["x-ms-source-if-match"] = try source.info.version.condition }
        try add(condition, to: &first)
        var continuation: String?
        var hasParent = false
        while true {
            // In the other mode a folder is moved into one that is there, and not to its place.
            let query: [(name: String, value: String?)] = [("mode", "legacy"), ("continuation", continuation)]
            guard let address = site.place(Self.node(newKey), query) else { throw noMoves(task) }
            let message = request(.put, at: address, headers: continuation == nil ? first : headers).slow
            let response: HTTPResponse
            do throws(StoreError) {
                response = try await sendAny(message, task)
            } catch {
                if error.code != .cancelled, await isDone(source, newKey, task) { return }
                throw error
            }
            guard response.isSuccess else {
                if response.attempts > 1, await isDone(source, newKey, task) { return }
                guard AzureErrorAnswer(response).lacksParent, !hasParent else {
                    throw refusal(response, key, condition, task)
                }
                try await makeParent(of: newKey)
                hasParent = true
                continue
            }
            guard let next = response.headers["x-ms-continuation"], !next.isEmpty else { return }
            continuation = next
        }
    }

    /// Whether an attempt whose answer was lost has done it. A file keeps its ETag, or at least what is the same about it; a folder
    /// replaces none that has something in it, so that one that is there when the other is gone is that one.
    private func isDone(_ source: Moved, _ newKey: ObjectKey, _ task: String) async -> Bool {
        guard let there = try? await moved(newKey, task) else { return false }
        if there.info.version == source.info.version { return true }
        do throws(StoreError) {
            _ = try await moved(source.info.key, task)
            return false
        } catch {
            return error.code == .notFound && (source.info.key.endsInSlash || there.isSame(as: source))
        }
    }

    /// A failed condition may be the source's or the target's.
    private func refusal(
        _ response: HTTPResponse, _ key: ObjectKey, _ condition: WriteCondition, _ task: String
    ) -> StoreError {
        let failure = refusal(response, task, condition)
        return failure.code == .conditionFailed && condition == .always && response.status == 412
            ? .changed(key) : failure
    }

    private func noMoves(_ task: String) -> StoreError {
        StoreError(.unsupported, "\(task): this account has no moves, or they cannot be reached")
    }

    private func makeParent(of key: ObjectKey) async throws(StoreError) {
        let name = Self.node(key).bytes
        guard let slash = name.lastIndex(of: UInt8(ascii: "/")) else { return }
        _ = try await makeFolder(ObjectKey(name[...slash]), PutOptions())
    }

    /// A file or a folder by its key, as it is known again at another one.
    private func moved(_ key: ObjectKey, _ task: String) async throws(StoreError) -> Moved {
        let response = try await send(request(.head, Self.node(key)), task)
        let info = try info(of: key, response, task)
        guard AzureMetadata.isFolder(info.metadata) == key.endsInSlash else {
            throw key.endsInSlash
                ? StoreError(.notFound, "\(task): \(key.shown) is no folder") : isFolder(key, task)
        }
        return Moved(info: info, made: response.headers["x-ms-creation-time"])
    }

    private struct Moved {
        let info: ObjectInfo
        /// When it was made; a move changes nothing about it.
        let made: String?

        func isSame(as other: Moved) -> Bool {
            info.size == other.info.size && info.checksums == other.info.checksums && made == other.made
        }
    }
}
