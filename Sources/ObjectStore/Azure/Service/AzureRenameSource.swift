import HTTP
import Signing

/// The source of a rename, which the service finds in a header: a path, and behind it, where a SAS gives the right to it, that
/// SAS once more.
enum AzureRenameSource {
    static let header = "x-ms-rename-source"

    /// Puts on an attempt what lets the service take the source. It stands on the attempt alone, since it is a secret.
    static func authorize(_ request: inout HTTPRequest, with credential: AzureCredential) {
        guard let source = request.headers[header], case .link(let link) = credential else { return }
        request.headers[header] = source + "?" + link.query
    }
}
