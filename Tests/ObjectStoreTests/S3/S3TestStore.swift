import HTTP
import ObjectStore
import Signing
import TestSupport

/// Stores in buckets of real servers.
enum S3TestStore {
    static let credentials = AWSCredentials(
        accessKeyID: TestBucketServer.accessKeyID, secretAccessKey: TestBucketServer.secretAccessKey)
    static let client = HTTPClient()

    /// In a new bucket unless one is named, as whoever makes buckets there.
    static func make(
        on server: TestBucketServer, bucket: String? = nil, _ settings: S3Settings = S3Settings()
    ) async throws -> S3Store {
        try await make(on: server, bucket: bucket, settings, as: server.user)
    }

    static func make(
        on server: TestBucketServer, bucket: String? = nil, _ settings: S3Settings = S3Settings(),
        as credentials: AWSCredentials?
    ) async throws -> S3Store {
        let name: String
        if let bucket { name = bucket } else { name = try await server.makeBucket() }
        let endpoint = S3Endpoint(isSecure: false, host: "127.0.0.1", port: server.port)
        return S3Store(
            S3Site(.endpoint(endpoint), bucket: name), settings, credentials: FixedCredentials(credentials),
            client: client)
    }

    /// Of a server that does what a test says, impatient; it is what it says to be unless that is said here.
    static func make(_ server: ScriptedServer, _ kind: S3Server? = nil) -> S3Store {
        var quick = HTTPSettings()
        quick.retries.baseMilliseconds = 1
        quick.retries.attempts = 3
        var settings = S3Settings()
        settings.server = kind
        let endpoint = S3Endpoint(isSecure: false, host: "127.0.0.1", port: server.port)
        return S3Store(
            S3Site(.endpoint(endpoint), bucket: "data"), settings, credentials: FixedCredentials(credentials),
            client: HTTPClient(quick))
    }
}
