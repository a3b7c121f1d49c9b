import HTTP
import Platform
import Signing

/// The source of a copy within the service, which reads it by its address like anybody else: what makes the caller somebody
/// does not make the service so. An address gets a signature of its own, with a token the service takes another header.
enum AzureCopySource {
    static let header = "x-ms-copy-source"
    /// Long enough for a copy to begin.
    private static let lifetime = 3600

    static func header(of key: ObjectKey, _ site: AzureSite, _ access: AzureAccess, now: Int) -> String {
        var address = site.address(key)
        switch access {
        case .key(let shared):
            let terms = SharedAccessSignature.Terms(
                permissions: "r", expiry: now + lifetime, isSecureOnly: address.isSecure,
                version: AzureService.version)
            let link = SharedAccessSignature.ofBlob(key.bytes, in: site.container, terms, signedBy: shared)
            address.query = link.appended(to: "")
        case .link(let link): address.query = link.appended(to: "")
        case .tokens, .anonymous: break
        }
        return address.text
    }

    /// `Copy Blob` reads with the right of who asks; the others, which answer when all is done, do not.
    static func wantsToken(_ request: HTTPRequest) -> Bool {
        request.headers[header] != nil
            && (request.headers["x-ms-blob-type"] != nil || request.address.query.contains("blockid="))
    }
}
