public import ObjectStore
public import TaskFile

/// Opens the stores that sources are in.
public protocol Stores: Sendable {
    func open(_ bucket: BucketLocation, of mount: Mount) async throws(StoreError) -> OpenedStore

    /// The store of one file on a web server, under the source's own name.
    func openWeb(_ source: Source, of mount: Mount) async throws(StoreError) -> OpenedStore
}

extension Stores {
    public func openWeb(_ source: Source, of mount: Mount) async throws(StoreError) -> OpenedStore {
        throw StoreError(.unsupported, "files on web servers cannot be opened here")
    }
}
