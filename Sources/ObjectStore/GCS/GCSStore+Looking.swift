import HTTP
import JSON
import Platform
import Signing

extension GCSStore {
    public func stat(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
        try check(key)
        return try await look(key, "cannot look at \(key.shown)").info
    }

    /// All that is known of an object, of the parts of unfinished ones too.
    func look(_ key: ObjectKey, _ task: String) async throws(StoreError) -> GCSObject {
        let query = [QueryItem("projection", "noAcl"), QueryItem("fields", GCSObject.allFields)]
        return try object(try await send(request(.get, site.object(key, nil, query)), task), task)
    }

    /// Asks for nothing but the bucket: whether it is there and can be listed, and of what kind it is.
    public func check() async throws(StoreError) {
        _ = try await list(ListRequest(limit: 1))
        try await learn()
    }

    /// Whether objects and folders can be moved is a matter of the bucket.
    @discardableResult
    public func learn() async throws(StoreError) -> [String] {
        let task = "cannot look at bucket \(site.bucket.printable)"
        let response = try await sendAny(request(.get, site.bucket("storageLayout")), task)
        // Who may only use objects is not told, and there are servers that do not know of it.
        guard response.isSuccess else { return [] }
        let layout = try document(response, task)
        guard layout["locationType"]?.text != "zone" else {
            throw StoreError(
                .unsupported,
                "bucket \(site.bucket.printable) is in one zone: such buckets do not speak the JSON interface")
        }
        facts.hasMoves = layout["hierarchicalNamespace"]?["enabled"] == .boolean(true)
        guard facts.hasMoves else { return [] }
        facts.folderUse = try await folderUse(task)
        guard facts.folderUse == .none else { return [] }
        return [
            """
            bucket \(site.bucket.printable) has folders, and \(service.identity ?? "nobody") may not use them as such \
            (storage.folders.*): they are renamed object by object, and empty ones are not shown
            """
        ]
    }

    /// What whoever asks may do with folders; asked, since a refusal in the middle of things would come too late. Who is not told
    /// finds it out.
    private func folderUse(_ task: String) async throws(StoreError) -> GCSFolderUse {
        let address = site.bucket("iam/testPermissions", GCSFolderUse.asked)
        let response = try await sendAny(request(.get, address), task)
        guard response.isSuccess else { return .changed }
        guard case .array(let granted)? = try document(response, task)["permissions"] else { return .none }
        return GCSFolderUse(allowedBy: Set(granted.compactMap(\.text)))
    }

    /// What a generation is missing for that was asked for: the object is gone, or is another one now.
    func missing(
        _ key: ObjectKey, _ version: ObjectVersion?, _ failure: StoreError
    ) async throws(StoreError) -> StoreError {
        guard version != nil, failure.code == .notFound else { return failure }
        do throws(StoreError) {
            _ = try await stat(key)
        } catch  where error.code == .notFound {
            return failure
        }
        return .changed(key)
    }
}
