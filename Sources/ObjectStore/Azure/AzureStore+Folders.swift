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
        return AzureMetadata.isFolder(info.metadata) ? info : nil
    }

    /// The name of what would mark it.
    static func name(ofFolder key: ObjectKey) -> ObjectKey? {
        guard key.endsInSlash, key.bytes.count > 1 else { return nil }
        return ObjectKey(key.bytes.dropLast())
    }

    func isFolder(_ key: ObjectKey, _ task: String) -> StoreError {
        StoreError(.notFound, "\(task): there is a folder of this name, and no object")
    }
}
