public import ObjectStore
public import TaskFile

/// What looking for credentials gave, where it was looked, and as whom requests would be signed.
public struct FoundIdentity: Sendable {
    public var origin: CredentialOrigin?
    public var attempts: [CredentialAttempt]
    public var error: StoreError?
}

extension CloudStores {
    /// The credentials of a source in what speaks S3, without asking its store.
    public func identity(of mount: Mount) async -> FoundIdentity {
        let search = search(for: mount)
        do throws(StoreError) {
            let origin = try await search.origin()
            return FoundIdentity(origin: origin, attempts: search.attempts)
        } catch {
            return FoundIdentity(attempts: search.attempts, error: error)
        }
    }
}
