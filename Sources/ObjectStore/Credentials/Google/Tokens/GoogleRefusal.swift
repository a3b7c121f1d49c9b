import HTTP
import JSON
import Platform

/// What Google's services say when they give no token: `{"error": "invalid_grant", "error_description": …}` as OAuth has it, or
/// `{"error": {"status": "PERMISSION_DENIED", "message": …}}`.
struct GoogleRefusal {
    private let status: Int
    private let code: String?
    private let words: String
    var meaningOfInvalidGrant = StoreError.Code.denied

    init(_ response: HTTPResponse, hiding secrets: [String]) {
        status = response.status
        let document = try? JSONValue(reading: response.body)
        let error = document?["error"]
        code = error?.text ?? error?["status"]?.text
        let message = document?["error_description"]?.text ?? error?["message"]?.text
        let said = [code, message].compactMap(\.self).filter { !$0.isEmpty }.map { $0.hiding(secrets).excerpt }
        words = said.isEmpty ? "the answer has status \(response.status)" : said.joined(separator: ": ")
    }

    /// `advice` says what to do about a no that is meant.
    func error(_ name: String, from host: String, advice: String?) -> StoreError {
        let code = meaning
        let hint = code == .unreachable ? "" : advice.map { "; \($0)" } ?? ""
        return StoreError(code, "\(name): \(host) gives no token: \(words)\(hint)", status: status)
    }

    private var meaning: StoreError.Code {
        if status == 429 || status >= 500 { return .unreachable }
        return switch code {
        case "invalid_grant": meaningOfInvalidGrant
        case "server_error", "temporarily_unavailable", "internal_failure": .unreachable
        case "invalid_request", "invalid_scope", "invalid_target", "INVALID_ARGUMENT": .invalid
        default: .denied
        }
    }
}
