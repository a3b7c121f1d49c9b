import HTTP
import Platform
import Signing

/// The identity of a machine or an app of Azure's, from whoever gives it there: where the environment names an app's service, that
/// one, else the metadata service of the machine.
struct AzureManagedIdentity {
    static let resource = "https://storage.azure.com/"

    let environment: AzureEnvironment

    func find() async throws(StoreError) -> CredentialFinding<AzureCredential> {
        let client = environment.first(of: ["AZURE_STORAGE_IDENTITY_CLIENT_ID", "AZURE_CLIENT_ID"])?.value
        if let service = try await AzureAppIdentity(environment) { return try await service.find(client) }
        return try await AzureMachineIdentity(environment: environment).find(client)
    }

    /// A machine may have several identities; nothing stands for the only one, or its own.
    static func query(version: String, client: String?) -> String {
        let items = [QueryItem("api-version", version), QueryItem("resource", resource)]
        return (items + (client.map { [QueryItem("client_id", $0)] } ?? [])).encoded
    }

    /// What an answer says that has a token in it, or why there is none. An identity that is not there is none that could fail.
    static func finding(
        _ response: HTTPResponse, of name: String, at time: Int
    ) throws(StoreError) -> CredentialFinding<AzureCredential> {
        guard response.isSuccess else {
            let refusal = AzureIdentityRefusal(response)
            guard response.status == 400 else { throw refusal.error(name) }
            return .nothing(.init(name, refusal.words))
        }
        let answer = try AzureTokenAnswer(response.body, of: name)
        let identity = answer.answer["client_id"]?.printable
        return .found(try answer.found(at: time, CredentialOrigin("managed identity", identity: identity)))
    }
}
