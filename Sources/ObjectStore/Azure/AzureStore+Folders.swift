import HTTP
import Platform

/// Folders that are marked by an object with their name and no slash, as Hadoop, blobfuse and accounts with real folders
/// have them. Here their keys end in a slash, as those of all folders do; there is no object with their name.
extension AzureStore {
    /// Of a key that ends in a slash; nothing for other keys, and where no folder is marked.
    func marker(ofFolder key: ObjectKey, _ task: String) async throws(StoreError) -> ObjectInfo? {
        guard let name = Self.name(ofFolder: key) else { return nil }
        let response = try await sendAny(request(.head, name), task)
        if response.status == 404 { return nil }
        guard response.isSuccess else { throw failure(response, task, broken: .changed) }
        let info = try info(of: key, response, task)
        return AzureMetadata.isFolder(info.metadata) ? info.unmarked : nil
    }

    /// Whether keys that end in a slash are those of real folders, and of nothing else.
    var hasFolders: Bool { facts.isHierarchical == true }

    /// The name of what would mark it.
    static func name(ofFolder key: ObjectKey) -> ObjectKey? {
        guard key.endsInSlash, key.bytes.count > 1 else { return nil }
        return ObjectKey(key.bytes.dropLast())
    }

    /// The name that a real file or folder has.
    static func node(_ key: ObjectKey) -> ObjectKey { name(ofFolder: key) ?? key }

    func isFolder(_ key: ObjectKey, _ task: String) -> StoreError {
        StoreError(.notFound, "\(task): there is a folder of this name, and no object")
    }

    // MARK: Real ones

    /// Makes a folder, or gives one that is there other metadata.
    func makeFolder(_ key: ObjectKey, _ options: PutOptions) async throws(StoreError) -> PutResult {
        let task = "cannot make folder \(key.shown)"
        // They have no content that could have a type.
        let metadata = ObjectMetadata(user: options.metadata.user)
        let headers = try AzureMetadata.headers(AzureMetadata.folder(metadata))
        switch options.condition {
        case .ifVersion: break
        case .always, .ifAbsent:
            if let made = try await makeNewFolder(key, options.condition, headers, task) { return made }
        }
        return try await change(key, headers, if: options.condition, task)
    }

    /// Nothing when there is one already, and that is no failure.
    private func makeNewFolder(
        _ key: ObjectKey, _ condition: WriteCondition, _ metadata: HTTPHeaders, _ task: String
    ) async throws(StoreError) -> PutResult? {
        var headers = metadata
        headers["x-ms-blob-type"] = Self.blobType
        headers["If-None-Match"] = "*"
        let response = try await sendAny(request(.put, Self.node(key), headers: headers), task)
        if response.isSuccess { return PutResult(version: try version(response, task)) }
        let failure = failure(response, task)
        // It may have been made by an attempt whose answer was lost.
        let mayBeThere = response.status == 409 && (condition == .always || response.attempts > 1)
        guard mayBeThere, try await marker(ofFolder: key, task) != nil else { throw failure }
        return nil
    }

    private func change(
        _ key: ObjectKey, _ metadata: HTTPHeaders, if condition: WriteCondition, _ task: String
    ) async throws(StoreError) -> PutResult {
        var headers = metadata
        if case .ifVersion = condition { try add(condition, to: &headers) }
        let message = request(.put, Self.node(key), [("comp", "metadata")], headers: headers)
        let response = try await sendAny(message, task)
        guard response.isSuccess else { throw refusal(response, task, condition) }
        return PutResult(version: try version(response, task))
    }
}
