public import ObjectStore
public import TaskFile

/// Opens the stores that sources are in.
public protocol Stores: Sendable {
    func open(_ bucket: BucketLocation, of mount: Mount) async throws(StoreError) -> OpenedStore
}
