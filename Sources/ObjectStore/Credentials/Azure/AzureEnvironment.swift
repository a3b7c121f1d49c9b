import Platform

/// What the variables of Azure's tools, of blobfuse2 and of Microsoft's libraries say, under the names that they have for it.
struct AzureEnvironment {
    private static let owner = "environment"
    static let connectionString = "AZURE_STORAGE_CONNECTION_STRING"
    static let keys = ["AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCESS_KEY"]
    static let sas = "AZURE_STORAGE_SAS_TOKEN"
    static let authType = "AZURE_STORAGE_AUTH_TYPE"

    let machine: CredentialMachine

    subscript(name: String) -> String? { machine.environment.nonEmpty(name) }

    /// The first of them that is set.
    func first(of names: [String]) -> (name: String, value: String)? {
        for name in names { if let value = self[name] { return (name, value) } }
        return nil
    }

    /// A value that is secret, or becomes part of what is sent.
    func text(_ name: String) async throws(StoreError) -> String {
        try await SecretReader(machine: machine, owner: Self.owner).text(.environment(name), name)
    }

    /// What has to be there when something else is.
    func needed(_ name: String, because there: String) throws(StoreError) -> String {
        guard let value = self[name] else {
            throw StoreError(.noCredentials, "the environment has \(there) but no \(name)")
        }
        return value
    }

    // MARK: The account

    var account: String? { self["AZURE_STORAGE_ACCOUNT"] }

    var blobEndpoint: String? { self["AZURE_STORAGE_BLOB_ENDPOINT"] }

    func connectionString() async throws(StoreError) -> AzureConnectionString? {
        guard self[Self.connectionString] != nil else { return nil }
        return try AzureConnectionString(await text(Self.connectionString), from: Self.connectionString)
    }

    /// What blobfuse2 is told to use; nothing when it is to find out.
    func wantedKind() throws(StoreError) -> AzureAuthenticationKind? {
        guard let text = self[Self.authType] else { return nil }
        guard let kind = AzureAuthenticationKind(rawValue: text.lowercased()) else {
            throw StoreError(
                .invalid, "\(Self.authType) is \(AzureAuthenticationKind.shown), not \(text.printable)")
        }
        return kind
    }
}

/// Ways to be somebody, as AZURE_STORAGE_AUTH_TYPE names them.
enum AzureAuthenticationKind: String, CaseIterable {
    case key
    case sas
    case managedIdentity = "msi"
    case servicePrincipal = "spn"
    case commandLine = "azcli"

    static var shown: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
