import HTTP
import Platform
import Signing

/// What makes a request one of somebody's.
enum AzureSigning {
    static let dateHeader = "x-ms-date"

    static func sign(_ request: inout HTTPRequest, _ key: SharedKey, time: Int) {
        request.headers[dateHeader] = HTTPDate.text(time)
        request.headers["Authorization"] = authorization(of: request, key)
    }

    private static func authorization(of request: HTTPRequest, _ key: SharedKey) -> String {
        var headers = request.headers.lines.map { (name: $0.name, value: $0.value) }
        if let count = request.body?.count { headers.append((name: "Content-Length", value: String(count))) }
        return key.authorization(
            method: request.method.rawValue, path: request.address.path,
            query: [QueryItem](encoded: request.address.query), headers: headers)
    }

    /// When a request was signed.
    static func time(of request: HTTPRequest) -> Int? {
        request.headers[dateHeader].flatMap { HTTPDate.seconds($0) }
    }

    /// Whether it was this one that was put on a request.
    static func hasMade(_ request: HTTPRequest, _ credential: AzureCredential) -> Bool {
        switch credential {
        case .key(let key): request.headers["Authorization"] == authorization(of: request, key)
        case .link(let link): request.address.query.hasSuffix(link.query)
        case .token(let token): request.headers["Authorization"] == token.authorization
        }
    }
}
