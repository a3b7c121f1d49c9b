extension ObjectStore {
    /// Nothing where nothing is.
    public func statIfAny(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo? {
        do throws(StoreError) {
            return try await stat(key)
        } catch  where error.code == .notFound {
            return nil
        }
    }

    /// Only this version.
    public func stat(_ key: ObjectKey, still version: ObjectVersion) async throws(StoreError) -> ObjectInfo {
        let found = try await stat(key)
        guard found.version == version else {
            throw StoreError(.changed, "\(key.shown) has been changed by somebody else")
        }
        return found
    }
}
