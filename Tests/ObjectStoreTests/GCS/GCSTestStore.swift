import HTTP
import ObjectStore
import TestSupport

/// Stores in buckets of servers of this machine.
enum GCSTestStore {
    static let client = HTTPClient()

    /// In a new bucket unless one is named, by way of a proxy if its port is given.
    static func make(
        on server: GoogleStorage, bucket: String? = nil, _ settings: GCSSettings = GCSSettings(),
        tokens: (any BearerTokenSource)? = nil, port: Int? = nil
    ) async throws -> GCSStore {
        let name: String
        if let bucket { name = bucket } else { name = try await server.makeBucket() }
        let site = try GCSSite(bucket: name, serviceAt: "127.0.0.1:\(port ?? server.port)")
        let token = server.token.flatMap { BearerToken($0) }
        var settings = settings
        if server.token != nil { settings.server = settings.server ?? .google }
        return GCSStore(site, settings, tokens: tokens ?? FixedToken(token), client: client)
    }

    /// Whoever answers there; what fails is tried again at once.
    static func make(
        onPort port: Int, _ settings: GCSSettings = GCSSettings(), tokens: any BearerTokenSource = FixedToken.anonymous
    ) throws(StoreError) -> GCSStore {
        var quick = HTTPSettings()
        quick.retries.baseMilliseconds = 1
        quick.retries.attempts = 3
        var settings = settings
        settings.server = settings.server ?? .google
        return GCSStore(
            try GCSSite(bucket: "data", serviceAt: "127.0.0.1:\(port)"), settings, tokens: tokens,
            client: HTTPClient(quick))
    }
}
