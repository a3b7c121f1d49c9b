import HTTP
import Platform
import Signing

/// Microsoft's identity service: a token for an application that proves that it is the one.
struct AzureTokenService {
    private static let scope = "https://storage.azure.com/.default"

    let machine: CredentialMachine
    let authority: AzureAuthority
    let client: String
    /// What the application is there: "service principal".
    let kind: String

    func token(
        _ proof: AzureProof
    ) async throws(StoreError) -> FoundCredentials<AzureCredential> {
        let name = "\(kind) \(client.printable) at \(authority.address.authority) (tenant \(authority.tenant))"
        let items =
            [
                QueryItem("client_id", client), QueryItem("grant_type", "client_credentials"),
                QueryItem("scope", Self.scope),
            ] + proof.items
        var request = HTTPRequest(
            .post, authority.address,
            headers: [
                "Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Accept": "application/json",
            ],
            body: .bytes(Array(items.encoded.utf8)), isIdempotent: true)
        request.answerMilliseconds = 10_000
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await machine.client.send(request, to: PlainHTTPService(), retrying: .forCredentials)
        } catch {
            throw StoreError(error, name)
        }
        guard response.isSuccess else {
            throw AzureIdentityRefusal(response, hiding: [proof.secret]).error(name, proof)
        }
        return try AzureTokenAnswer(response.body, of: name)
            .found(at: machine.now(), CredentialOrigin(kind, identity: client.printable))
    }
}

/// How an application proves that it is the one.
enum AzureProof {
    case secret(String)
    /// A token that it has signed with its certificate's key.
    case certificate(assertion: String)
    /// A token of an issuer that the application trusts.
    case federation(assertion: String)

    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    var items: [QueryItem] {
        switch self {
        case .secret(let secret): [QueryItem("client_secret", secret)]
        case .certificate(let assertion), .federation(let assertion):
            [QueryItem("client_assertion_type", Self.assertionType), QueryItem("client_assertion", assertion)]
        }
    }

    /// No message may repeat it.
    var secret: String {
        switch self {
        case .secret(let text), .certificate(let text), .federation(let text): text
        }
    }
}
