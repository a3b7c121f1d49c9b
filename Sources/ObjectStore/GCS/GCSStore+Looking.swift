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
        guard layout["hierarchicalNamespace"]?["enabled"] == .boolean(true) else { return [] }
        let rights = try await rights(task)
        facts.hasMoves = rights.mayMove
        facts.folderUse = rights.folders
        guard rights.folders == .none else { return [] }
        return [
            """
            bucket \(site.bucket.printable) has folders, and \(service.identity ?? "nobody") may not use them as such \
            (\(rights.mayMove ? "storage.folders.*" : GCSRights.moving)): they are renamed object by object, and empty ones \
            are not shown
            """
        ]
    }

    /// Asked, since a refusal in the middle of things would come too late. Who is not told finds it out.
    private func rights(_ task: String) async throws(StoreError) -> GCSRights {
        let response = try await sendAny(request(.get, site.bucket("iam/testPermissions", GCSRights.asked)), task)
        guard response.isSuccess else { return .all }
        guard case .array(let granted)? = try document(response, task)["permissions"] else { return GCSRights([]) }
        return GCSRights(Set(granted.compactMap(\.text)))
    }

    /// What a generation is missing for that was asked for: the object is gone, or is another one now.
    func missing(
        _ key: ObjectKey, _ version: ObjectVersion?, _ failure: StoreError
    ) async throws(StoreError) -> StoreError {
        guard version != nil, failure.code == .notFound else { return failure }
        do throws(StoreError) {
            _ = try await look(key, "cannot look at \(key.shown)")
        } catch  where error.code == .notFound {
            return failure
        }
        return .changed(key)
    }
}
