import HTTP
import Platform

/// The identity of an app of App Service, Functions, Container Apps or Automation: a service beside the app, named by the
/// environment, gives tokens to whoever knows a word of the environment's.
struct AzureAppIdentity {
    private static let endpoint = "IDENTITY_ENDPOINT"
    private static let word = "IDENTITY_HEADER"
    private static let version = "2019-08-01"

    private let machine: CredentialMachine
    private let address: HTTPAddress
    private let word: String

    /// Nothing where the environment names no such service.
    init?(_ environment: AzureEnvironment) async throws(StoreError) {
        guard let url = environment[Self.endpoint], environment[Self.word] != nil else { return nil }
        // It has a certificate that nobody but its fingerprint vouches for.
        guard environment["IDENTITY_SERVER_THUMBPRINT"] == nil else {
            throw StoreError(
                .unsupported, "the identities of Service Fabric, which \(Self.endpoint) names, are not known here")
        }
        machine = environment.machine
        word = try await environment.text(Self.word)
        do throws(HTTPError) {
            address = try HTTPAddress(parsing: url)
        } catch {
            throw StoreError(.invalid, "\(Self.endpoint): \(error.message)")
        }
        guard address.isSecure || address.isOfThisMachine || address.isLinkLocal else {
            throw StoreError(
                .invalid, "\(Self.endpoint): \(address.host.printable) is not this machine, and the URL is not https")
        }
    }

    func find(_ client: String?) async throws(StoreError) -> CredentialFinding<AzureCredential> {
        let name = "managed identity at \(address.authority)"
        var asked = address
        asked.query = AzureManagedIdentity.query(version: Self.version, client: client)
        var request = HTTPRequest(.get, asked, headers: ["X-IDENTITY-HEADER": word, "Accept": "application/json"])
        request.usesProxy = false
        request.answerMilliseconds = 5000
        var policy = RetryPolicy.forCredentials
        policy.deadlineMilliseconds = 15_000
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await machine.localClient.send(request, to: PlainHTTPService(), retrying: policy)
        } catch {
            throw StoreError(error, name)
        }
        return try AzureManagedIdentity.finding(response, of: name, at: machine.now())
    }
}
