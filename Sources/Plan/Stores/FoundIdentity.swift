public import ObjectStore
public import TaskFile

/// What looking for credentials gave, where it was looked, and as whom requests would be made.
public struct FoundIdentity: Sendable {
    public var origin: CredentialOrigin?
    public var attempts: [CredentialAttempt]
    public var error: StoreError?

    init(_ search: CredentialSearch<some Sendable & Equatable>) async {
        do throws(StoreError) {
            origin = try await search.origin()
        } catch {
            self.error = error
        }
        attempts = search.attempts
    }
}

extension CloudStores {
    /// The credentials of a source in a bucket, without asking its store.
    public func identity(of mount: Mount) async -> FoundIdentity {
        switch mount.sources.first?.location {
        case .bucket(let bucket) where bucket.store == .azure:
            await FoundIdentity(await azureSearch(for: mount, bucket))
        case .bucket(let bucket) where bucket.store == .gcs && !mount.hasGoogleHMACKeys:
            await FoundIdentity(googleSearch(for: mount))
        default: await FoundIdentity(amazonSearch(for: mount))
        }
    }
}
