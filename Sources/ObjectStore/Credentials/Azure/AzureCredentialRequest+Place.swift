import Platform

/// Connection strings say where an account is as well, which is asked before there is a store.
extension AzureCredentialRequest {
    /// The account and the URL of its blobs, as the request's connection string has them or, where the machine may be asked, the
    /// environment. What the environment says of another account than the store's is left out.
    public func place(
        on machine: CredentialMachine
    ) async throws(StoreError) -> (account: String?, blobEndpoint: String?) {
        if let string = try await readConnectionString(on: machine) {
            return (string.account ?? account, string.blobEndpoint)
        }
        var account = account
        if account == nil, let accountName {
            account = try await SecretReader(machine: machine, owner: owner).text(accountName, "access_key")
        }
        guard mayUseMachine else { return (account, nil) }
        let environment = AzureEnvironment(machine: machine)
        let string = try await environment.connectionString()
        let named = string?.account ?? environment.account
        if let account, let named, named != account { return (account, nil) }
        return (account ?? named, environment.blobEndpoint ?? string?.blobEndpoint)
    }

    func readConnectionString(on machine: CredentialMachine) async throws(StoreError) -> AzureConnectionString? {
        guard let connectionString else { return nil }
        let text = try await SecretReader(machine: machine, owner: owner).text(connectionString, "connection_string")
        return try AzureConnectionString(text, from: "\(owner): connection_string")
    }
}
