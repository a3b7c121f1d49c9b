import HTTP
public import ObjectStore
import Platform
public import TaskFile

/// Opens what speaks S3, over connections that all mounts share.
public final class CloudStores: Stores {
    private let client: HTTPClient

    public init() {
        client = HTTPClient()
    }

    public func open(_ bucket: BucketLocation, of mount: Mount) async throws(StoreError) -> OpenedStore {
        throw StoreError(.unsupported, "\(bucket.store.displayName) cannot be opened")
    }
}
