import Platform
import Signing

/// An application that has a secret, or a certificate whose key signs for it.
struct AzureServicePrincipal {
    private static let kind = "service principal"

    let environment: AzureEnvironment

    /// The variables that say it.
    private struct Names {
        let tenant: String
        let client: String
        let secret: String
        var certificate: String?
        var password: String?

        static let ofBlobfuse = Names(
            tenant: "AZURE_STORAGE_SPN_TENANT_ID", client: "AZURE_STORAGE_SPN_CLIENT_ID",
            secret: "AZURE_STORAGE_SPN_CLIENT_SECRET")
        static let usual = Names(
            tenant: "AZURE_TENANT_ID", client: "AZURE_CLIENT_ID", secret: "AZURE_CLIENT_SECRET",
            certificate: "AZURE_CLIENT_CERTIFICATE_PATH", password: "AZURE_CLIENT_CERTIFICATE_PASSWORD")
    }

    func find() async throws(StoreError) -> CredentialFinding<AzureCredential> {
        for names in [Names.ofBlobfuse, .usual] {
            if environment[names.secret] != nil {
                let service = try service(names, because: names.secret)
                return .found(try await service.token(.secret(environment.text(names.secret))))
            }
            if let variable = names.certificate, let path = environment[variable] {
                let service = try service(names, because: variable)
                let certificate = try await AzureClientCertificate(
                    path, from: variable, password: names.password, environment)
                let assertion = try certificate.assertion(of: service, at: environment.machine.now())
                return .found(try await service.token(.certificate(assertion: assertion)))
            }
        }
        return .nothing(
            .init(Self.kind, "neither \(Names.usual.secret) nor \(Names.usual.certificate ?? "") is set"))
    }

    private func service(_ names: Names, because there: String) throws(StoreError) -> AzureTokenService {
        let tenant = try environment.needed(names.tenant, because: there)
        return AzureTokenService(
            machine: environment.machine,
            authority: try AzureAuthority(tenant: tenant, of: names.tenant, environment),
            client: try environment.needed(names.client, because: there), kind: Self.kind)
    }
}
