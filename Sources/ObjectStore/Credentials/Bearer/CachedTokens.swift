/// Tokens that hold for a while. One issuing serves all who wait, and a new one is got before the old one ends.
public final class CachedTokens: BearerTokenSource {
    /// A token, and when it ends in seconds since 1970; nothing when it holds until it is withdrawn.
    public struct Issued: Sendable {
        public var token: BearerToken
        public var expiry: Int?

        public init(_ token: BearerToken, expiry: Int?) {
            self.token = token
            self.expiry = expiry
        }
    }

    public let origin: CredentialOrigin
    private let cache: CachedCredentials<BearerToken>

    /// `now` is in seconds since 1970.
    public init(
        from origin: CredentialOrigin, now: @escaping @Sendable () -> Int,
        issue: @escaping @Sendable () async throws(StoreError) -> Issued
    ) {
        self.origin = origin
        cache = CachedCredentials(now: now) { () async throws(StoreError) in
            let issued = try await issue()
            return FoundCredentials(value: issued.token, expiry: issued.expiry, origin: origin)
        }
    }

    public func credentials() async throws(StoreError) -> BearerToken? { try await cache.current().value }

    public func renew(after refused: BearerToken) async -> Bool { await cache.renew(after: refused) }

    public var name: String { origin.description }
}
