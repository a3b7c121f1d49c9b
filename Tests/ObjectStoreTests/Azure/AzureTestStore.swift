import HTTP
import ObjectStore
import TestSupport

/// Stores in containers of the tests' server.
enum AzureTestStore {
    static let client = HTTPClient()

    /// In a new container unless one is named, with the account's key unless something else is.
    static func make(
        _ access: AzureAccess? = nil, container: String? = nil, _ settings: AzureSettings = AzureSettings()
    ) async throws -> AzureStore {
        let server = try await AzureBlob.shared.server
        let name: String
        if let container { name = container } else { name = try await server.makeContainer() }
        return AzureStore(
            AzureSite(account: AzureBlob.account, container: name, service: server.service), settings,
            access: access ?? .key(server.key), client: client)
    }

    /// Of a server that does what a test says, impatient.
    static func make(_ server: ScriptedServer, _ access: AzureAccess = .anonymous) -> AzureStore {
        var quick = HTTPSettings()
        quick.retries.baseMilliseconds = 1
        quick.retries.attempts = 3
        let service = HTTPAddress(isSecure: false, host: "127.0.0.1", port: server.port, path: "/account")
        return AzureStore(
            AzureSite(account: "account", container: "data", service: service), access: access,
            client: HTTPClient(quick))
    }
}
