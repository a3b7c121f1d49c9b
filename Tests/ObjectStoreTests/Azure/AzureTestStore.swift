import HTTP
import ObjectStore
import TestSupport

/// Stores in containers of the tests' server.
enum AzureTestStore {
    static let client = HTTPClient()

    /// In a new container unless one is named, with the account's key unless something else is.
    static func make(
        _ credential: AzureCredential? = nil, container: String? = nil, _ settings: AzureSettings = AzureSettings()
    ) async throws -> AzureStore {
        let key = try await AzureBlob.shared.server.key
        return try await make(as: FixedSource(credential ?? .key(key)), container: container, settings)
    }

    static func make(
        as credentials: any AzureCredentialSource, container: String? = nil,
        _ settings: AzureSettings = AzureSettings()
    ) async throws -> AzureStore {
        let server = try await AzureBlob.shared.server
        let name: String
        if let container { name = container } else { name = try await server.makeContainer() }
        return AzureStore(
            AzureSite(account: AzureBlob.account, container: name, service: server.service), settings,
            credentials: credentials, client: client)
    }

    /// Of a server that does what a test says, impatient.
    static func make(_ server: ScriptedServer, _ credential: AzureCredential? = nil) -> AzureStore {
        make(server, as: FixedSource(credential))
    }

    static func make(_ server: ScriptedServer, as credentials: any AzureCredentialSource) -> AzureStore {
        var quick = HTTPSettings()
        quick.retries.baseMilliseconds = 1
        quick.retries.attempts = 3
        let service = HTTPAddress(isSecure: false, host: "127.0.0.1", port: server.port, path: "/account")
        return AzureStore(
            AzureSite(account: "account", container: "data", service: service), credentials: credentials,
            client: HTTPClient(quick))
    }
}
