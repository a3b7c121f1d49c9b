import Platform
import Signing

/// A key or a SAS in the environment. Both belong to one account, and go to no other.
struct AzureEnvironmentKeys {
    let environment: AzureEnvironment
    /// That of the store, if anybody knows it.
    let account: String?

    func ofConnectionString() async throws(StoreError) -> CredentialFinding<AzureCredential> {
        let place = AzureEnvironment.connectionString
        guard let string = try await environment.connectionString() else {
            return .nothing(.init("environment", "\(place) is not set"))
        }
        guard let credential = string.credential else {
            return .nothing(.init(place, "it has neither AccountKey nor SharedAccessSignature"))
        }
        if let other = other(than: string.account) { return .nothing(.init(place, other)) }
        return .found(credential.found("environment \(place)"))
    }

    func key() async throws(StoreError) -> CredentialFinding<AzureCredential> {
        guard let (name, _) = environment.first(of: AzureEnvironment.keys) else {
            let names = AzureEnvironment.keys.joined(separator: " and ")
            return .nothing(.init("environment", "\(names) are not set"))
        }
        if let other = other(than: environment.account) { return .nothing(.init(name, other)) }
        guard let account = environment.account ?? account else {
            throw StoreError(.noCredentials, "the environment has \(name) but no AZURE_STORAGE_ACCOUNT")
        }
        let credential = try AzureCredential(key: await environment.text(name), of: account, from: name)
        return .found(credential.found("environment \(name)"))
    }

    func sas() async throws(StoreError) -> CredentialFinding<AzureCredential> {
        let name = AzureEnvironment.sas
        guard environment[name] != nil else { return .nothing(.init("environment", "\(name) is not set")) }
        if let other = other(than: environment.account) { return .nothing(.init(name, other)) }
        return .found(try AzureCredential(sas: await environment.text(name), from: name).found("environment \(name)"))
    }

    private func other(than named: String?) -> String? {
        guard let account, let named, named != account else { return nil }
        return "it is of account \(named.printable), and the store is of account \(account.printable)"
    }
}

extension AzureCredential {
    /// Written down by somebody. A SAS says itself when it ends, and is looked for anew before that.
    func found(_ source: String) -> FoundCredentials<AzureCredential> {
        var identity: String?
        if case .key(let key) = self { identity = "account \(key.account)".printable }
        return FoundCredentials(
            value: self, expiry: link?.expiry, origin: CredentialOrigin(source, identity: identity))
    }
}
