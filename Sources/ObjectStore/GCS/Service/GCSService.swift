import HTTP
import Platform

/// GCS as the HTTP client knows it: each attempt carries the token of its moment, and a refusal of it gets another one.
struct GCSService: HTTPService {
    let tokens: any BearerTokenSource
    private let used = UsedCredentials<BearerToken>()

    init(_ tokens: any BearerTokenSource) {
        self.tokens = tokens
    }

    func prepare(_ request: HTTPRequest, attempt: Int) async throws(HTTPError) -> HTTPRequest {
        guard let token = try await used.take(from: tokens) else { return request }
        guard request.address.isSecure || request.address.isOfThisMachine else {
            throw HTTPError(
                .unauthorized,
                "a token goes only where the connection is encrypted, and \(request.address.authority) is asked"
                    + " without TLS: use https", isRetryable: false)
        }
        var request = request
        request.headers["Authorization"] = token.authorization
        return request
    }

    func judge(_ response: HTTPResponse, to request: HTTPRequest) async -> HTTPVerdict {
        switch response.status {
        case 401:
            guard let refused = BearerToken(authorization: request.headers["Authorization"]) else { return .final }
            tokens.learnTime(response.headers)
            return await tokens.renew(after: refused) ? .mended : .final
        case 403: return GCSErrorAnswer(response).isBusy ? .busy : .final
        default: return .usual
        }
    }

    /// Whose token the last request had; nothing for none.
    var identity: String? { used.areSome ? tokens.name : nil }

    /// What no message may repeat.
    var secrets: [String] { used.recent.map(\.text) }

    /// Why there was no token.
    var credentialFailure: StoreError? { used.failure }
}
