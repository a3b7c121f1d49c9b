import HTTP
import Platform
import Signing

/// The source of a copy within the service, which reads it by its address like anybody else: what makes the caller somebody
/// does not make the service so. An address gets a signature of its own, with a token the service takes another header.
enum AzureCopySource {
    static let header = "x-ms-copy-source"
    /// Long enough for a copy to begin.
    private static let lifetime = 3600

    /// Puts on an attempt what lets the service read the source.
    static func authorize(
        _ request: inout HTTPRequest, at site: AzureSite, with credential: AzureCredential, time: Int
    ) {
        guard let source = request.headers[header] else { return }
        switch credential {
        case .key(let shared):
            guard let key = site.key(at: source) else { return }
            let terms = SharedAccessSignature.Terms(
                permissions: "r", expiry: time + lifetime, isSecureOnly: site.service.isSecure,
                version: AzureService.version)
            let link = SharedAccessSignature.ofBlob(key, in: site.container, terms, signedBy: shared)
            request.headers[header] = source + "?" + link.query
        case .link(let link): request.headers[header] = source + "?" + link.query
        case .token(let token) where wantsToken(request):
            request.headers["x-ms-copy-source-authorization"] = token.authorization
        case .token: break
        }
    }

    /// `Copy Blob` reads with the right of who asks; the others, which answer when all is done, do not.
    private static func wantsToken(_ request: HTTPRequest) -> Bool {
        request.headers["x-ms-blob-type"] != nil || request.address.query.contains("blockid=")
    }
}
