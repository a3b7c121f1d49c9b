public import ObjectStore
import Platform

extension AskedSource {
    /// Whether a mount of it is the file that an object is, and not a folder. It takes a request or two, however much
    /// there is, and tells as well whether the store lets us in. A prefix that nothing is below yet is a folder.
    public func isSingleObject() async throws(StoreError) -> Bool {
        if !key.isEmpty, !key.endsInSlash {
            do throws(StoreError) {
                _ = try await opened.store.stat(key)
                return true
            } catch {
                // Who may list only is told that looking is denied.
                guard case .tree = kind, [.notFound, .denied].contains(error.code) else { throw error }
            }
        }
        _ = try await opened.store.list(ListRequest(prefix: prefix, grouping: .bySlash, limit: 1))
        return false
    }
}
