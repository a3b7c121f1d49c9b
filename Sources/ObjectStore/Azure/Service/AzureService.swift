import HTTP
import Signing

/// Blob storage as the HTTP client knows it: puts on each attempt what gives it its right at that moment, and learns from
/// refusals the time, and that there are other credentials by now.
struct AzureService: HTTPService {
    /// The protocol's, of all requests.
    static let version = "2021-12-02"

    let site: AzureSite
    let credentials: any AzureCredentialSource
    let clock = ServerClock()
    private let used = UsedCredentials<AzureCredential>()
    private let replacements = AzureReplacements()

    init(_ site: AzureSite, _ credentials: any AzureCredentialSource) {
        self.site = site
        self.credentials = credentials
    }

    func prepare(_ request: HTTPRequest, attempt: Int) async throws(HTTPError) -> HTTPRequest {
        var request = request
        request.headers["x-ms-version"] = Self.version
        // The service's own header for it. Some in between act on the other one.
        if let range = request.headers["Range"] {
            request.headers["Range"] = nil
            request.headers["x-ms-range"] = range
        }
        guard let credential = try await current() else { return request }
        let time = clock.now
        AzureCopySource.authorize(&request, at: site, with: credential, time: time)
        AzureRenameSource.authorize(&request, with: credential)
        switch credential {
        case .key(let key): AzureSigning.sign(&request, key, time: time)
        case .link(let link): request.address.query = link.appended(to: request.address.query)
        case .token(let token):
            guard request.address.isSecure || request.address.isOfThisMachine else {
                throw used.refuse(
                    StoreError(.noCredentials, "a token is not sent over a connection that everybody can read"))
            }
            request.headers["Authorization"] = token.authorization
        }
        return request
    }

    func judge(_ response: HTTPResponse, to request: HTTPRequest) async -> HTTPVerdict {
        guard !response.isSuccess else { return .final }
        let answer = AzureErrorAnswer(response)
        switch answer.code {
        case "ServerBusy", "OperationTimedOut", "InternalError": return .busy
        default: break
        }
        guard let complaint = answer.complaint else { return .usual }
        // Of HEAD's answers as well, which have the code in a header.
        let time = AzureSigning.time(of: request)
        if complaint == .ofIdentity, time != nil, clock.correct(response.headers, used: time) { return .mended }
        let refused = used.recent.last { AzureSigning.hasMade(request, $0) }
        guard let refused, await isReplaced(refused, complaint) else { return .final }
        return .mended
    }

    // MARK: Credentials

    /// Those of this moment. What has expired need not be sent to be refused, but its place may hold others by now.
    private func current() async throws(HTTPError) -> AzureCredential? {
        let credential = try await used.take(from: credentials)
        guard let link = credential?.link, AzureFailure.ofTime(link, credentials.name, now: clock.now) != nil else {
            return credential
        }
        _ = await credentials.renew(after: .link(link))
        let newer = try await used.take(from: credentials)
        if let link = newer?.link, let failure = AzureFailure.ofTime(link, credentials.name, now: clock.now) {
            throw used.refuse(failure)
        }
        return newer
    }

    /// Whether there are other credentials now than those that were refused. Of rights that are lacking the source is asked once:
    /// whoever may not write could ask for a new token with every request.
    private func isReplaced(_ refused: AzureCredential, _ complaint: AzureErrorAnswer.Complaint) async -> Bool {
        if complaint == .ofRights, replacements.areNew(refused) { return false }
        guard await credentials.renew(after: refused) else { return false }
        if complaint == .ofRights { replacements.note(try? await credentials.credentials()) }
        return true
    }

    /// Whose the last request was; nothing for nobody's.
    var lastUsed: AzureCredential? { used.recent.last }

    /// Whether one of these things is among what is known to be permitted; yes where that is not known.
    func mayPermit(anyOf letters: String) async -> Bool {
        (try? await credentials.credentials())?.link?.mayPermit(anyOf: letters) ?? true
    }

    /// Why there was nothing to send requests with.
    var credentialFailure: StoreError? { used.failure }
}
