import Checksums
import HTTP
import Signing

/// S3 as the HTTP client knows it: signs each attempt for the region, the time and with the credentials of its moment,
/// and learns all three from refusals.
struct S3Service: HTTPService {
    let site: S3Site
    let settings: S3Settings
    let credentials: any AWSCredentialSource
    let region: S3Region
    let clock = ServerClock()
    /// Asks for the bucket's region without credentials.
    let findRegion: @Sendable () async -> String?
    private let used = UsedCredentials<AWSCredentials>()

    init(
        _ site: S3Site, _ settings: S3Settings, _ credentials: any AWSCredentialSource,
        findRegion: @escaping @Sendable () async -> String?
    ) {
        self.site = site
        self.settings = settings
        self.credentials = credentials
        self.findRegion = findRegion
        region = S3Region(settings.region, usual: settings.usualRegion, site)
    }

    func prepare(_ request: HTTPRequest, attempt: Int) async throws(HTTPError) -> HTTPRequest {
        var request = request
        let region = await region.current(finding: findRegion)
        // Only the host depends on the region.
        let place = site.address(nil, region: region)
        request.address.isSecure = place.isSecure
        request.address.host = place.host
        request.address.port = place.port

        guard let credentials = try await used.take(from: credentials) else { return request }
        if settings.requesterPays { request.headers["x-amz-request-payer"] = "requester" }
        S3Signing.sign(&request, credentials, region: region, time: clock.now)
        return request
    }

    func judge(_ response: HTTPResponse, to request: HTTPRequest) async -> HTTPVerdict {
        if response.isSuccess && !S3ErrorAnswer.isHidden(in: response) { return .final }
        let answer = S3ErrorAnswer(response)
        let signed = S3Signing.Scope(of: request)
        if let region = answer.region, region != signed?.region, self.region.correct(signed?.region, to: region) {
            return .mended
        }
        switch answer.code {
        case "ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidAccessKeyId":
            return await renew(signed) ? .mended : .final
        case "RequestTimeTooSkewed":
            return clock.correct(response.headers, used: signed?.time) ? .mended : .final
        case "SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "OperationAborted", "Throttling",
            "TooManyRequests", "RequestLimitExceeded":
            return .busy
        case "ConditionalRequestConflict":
            // Of two that write at once; only the end of an upload cannot be tried again.
            return request.method == .put ? .busy : .final
        case nil where answer.status == 403:
            return clock.correct(response.headers, used: signed?.time) ? .mended : .usual
        default:
            return .usual
        }
    }

    private func renew(_ scope: S3Signing.Scope?) async -> Bool {
        let refused = used.recent.last {
            $0.accessKeyID == scope?.accessKeyID && $0.sessionToken == scope?.sessionToken
        }
        guard let refused else { return false }
        return await credentials.renew(after: refused)
    }

    /// Whose credentials the last request was signed with; nothing for none.
    var identity: String? { used.areSome ? credentials.name : nil }

    /// Why there was nothing to sign with.
    var credentialFailure: StoreError? { used.failure }
}
