import Platform

/// The identity of a pod or a job: an issuer, such as a cluster, puts a token into a file that Microsoft's service exchanges.
struct AzureWorkloadIdentity {
    private static let kind = "workload identity"
    private static let file = "AZURE_FEDERATED_TOKEN_FILE"

    let environment: AzureEnvironment

    func find() async throws(StoreError) -> CredentialFinding<AzureCredential> {
        guard let path = environment[Self.file] else { return .nothing(.init(Self.kind, "\(Self.file) is not set")) }
        let tenant = try environment.needed("AZURE_TENANT_ID", because: Self.file)
        let service = AzureTokenService(
            machine: environment.machine,
            authority: try AzureAuthority(tenant: tenant, of: "AZURE_TENANT_ID", environment),
            client: try environment.needed("AZURE_CLIENT_ID", because: Self.file), kind: Self.kind)
        // It is read each time: it is replaced as it expires.
        let token = try await SecretReader(machine: environment.machine, owner: Self.kind).text(.file(path), Self.file)
        return .found(try await service.token(.federation(assertion: token)))
    }
}
