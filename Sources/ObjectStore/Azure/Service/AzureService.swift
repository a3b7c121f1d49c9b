import HTTP
import Signing

/// Blob storage as the HTTP client knows it: puts on each attempt what gives it its right at that moment, and learns the time
/// from refusals.
struct AzureService: HTTPService {
    /// The protocol's, of all requests.
    static let version = "2021-12-02"

    let access: AzureAccess
    let clock = ServerClock()
    private let used = UsedCredentials<BearerToken>()

    init(_ access: AzureAccess) {
        self.access = access
    }

    func prepare(_ request: HTTPRequest, attempt: Int) async throws(HTTPError) -> HTTPRequest {
        var request = request
        request.headers["x-ms-version"] = Self.version
        // The service's own header for it. Some in between act on the other one.
        if let range = request.headers["Range"] {
            request.headers["Range"] = nil
            request.headers["x-ms-range"] = range
        }
        switch access {
        case .key(let key): AzureSigning.sign(&request, key, time: clock.now)
        case .link(let link): request.address.query = link.appended(to: request.address.query)
        case .tokens(let source): try await add(source, to: &request)
        case .anonymous: break
        }
        return request
    }

    private func add(_ source: any BearerTokenSource, to request: inout HTTPRequest) async throws(HTTPError) {
        guard request.address.isSecure || request.address.isLoopback else {
            throw HTTPError(.unauthorized, "a token is not sent over a connection that everybody can read")
        }
        guard let token = try await used.take(from: source) else { return }
        request.headers["Authorization"] = token.authorization
        if AzureCopySource.wantsToken(request) {
            request.headers["x-ms-copy-source-authorization"] = token.authorization
        }
    }

    func judge(_ response: HTTPResponse, to request: HTTPRequest) async -> HTTPVerdict {
        guard !response.isSuccess else { return .final }
        switch (AzureErrorAnswer(response).code, access) {
        case ("ServerBusy", _), ("OperationTimedOut", _), ("InternalError", _): return .busy
        // Of HEAD's answers as well, which have the code in a header.
        case ("AuthenticationFailed", .key):
            return clock.correct(response.headers, used: AzureSigning.time(of: request)) ? .mended : .final
        case (_, .tokens(let source)) where response.status == 401:
            guard let token = BearerToken(authorization: request.headers["Authorization"]) else { return .final }
            return await source.renew(after: token) ? .mended : .final
        default: return .usual
        }
    }

    /// Why there was no token.
    var credentialFailure: StoreError? { used.failure }
}

extension HTTPAddress {
    /// What is sent there leaves this machine for nobody.
    fileprivate var isLoopback: Bool { host.hasPrefix("127.") || host == "localhost" || host == "[::1]" }
}
