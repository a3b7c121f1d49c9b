import HTTP
import ObjectStore
import TestSupport
import Testing

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

    /// In the account whose folders are real, asked what it can.
    static func tree(
        _ credential: AzureCredential? = nil, container: String? = nil, port: Int? = nil,
        client: HTTPClient = client
    ) async throws -> AzureStore {
        let server = try await AzureBlob.tree.server
        let name: String
        if let container { name = container } else { name = try await server.makeContainer() }
        let service = server.service(onPort: port ?? server.port)
        let store = AzureStore(
            AzureSite(
                account: server.account, container: name, service: service, tree: AzureSite.tree(beside: service)),
            credentials: FixedSource(credential ?? .key(server.key)), client: client)
        let missing = try await store.learn()
        #expect(missing == [])
        return store
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
