import HTTP
import Platform

/// Why the identity service, or the machine's, gives no token: a number of Microsoft's, and the sentence behind it.
struct AzureIdentityRefusal {
    let status: Int
    /// Such as `AADSTS7000215`; else the word that OAuth has for it.
    let code: String?
    private let sentence: String?

    init(_ response: HTTPResponse, hiding secrets: [String] = []) {
        status = response.status
        let answer = try? CredentialAnswer(response.body, of: "")
        let text = answer?["error_description"] ?? answer?["message"] ?? ""
        let (number, words) = Self.split(text.hiding(secrets))
        code = number ?? answer?["error"]
        sentence = words.isEmpty ? nil : words.excerpt
    }

    /// `AADSTS90002: Tenant 'x' not found. Check …`: the number and the first sentence.
    private static func split(_ text: String) -> (code: String?, sentence: String) {
        var text = text.prefix { !$0.isNewline }
        var code: String?
        if text.hasPrefix("AADSTS"), let colon = text.firstIndex(of: ":") {
            code = String(text[..<colon])
            text = text[text.index(after: colon)...].drop { $0 == " " }
        }
        if let end = text.firstRange(of: ". ") { text = text[..<end.lowerBound] }
        return (code, String(text))
    }

    var words: String {
        let words = [code, sentence].compactMap(\.self).joined(separator: ": ").printable
        return words.isEmpty ? "the answer has status \(status)" : words
    }

    /// `name` is who asked whom.
    func error(_ name: String, _ proof: AzureProof? = nil) -> StoreError {
        let (code, advice) = meaning(proof)
        return StoreError(code, "\(name): \(words)\(advice.map { "; " + $0 } ?? "")", status: status)
    }

    private func meaning(_ proof: AzureProof?) -> (StoreError.Code, advice: String?) {
        switch code {
        case "AADSTS7000215": (.denied, "give the client secret itself, and not its id")
        case "AADSTS7000222": (.expiredCredentials, "make a new client secret and give that one")
        case "AADSTS700016": (.denied, "compare client id and tenant with the application's page in the portal")
        case "AADSTS90002", "AADSTS900023", "AADSTS90013": (.denied, "compare the tenant with the one in the portal")
        case "AADSTS700027": (.denied, "the application has to know this certificate, and it must not have expired")
        case "AADSTS700024": (.expiredCredentials, ofTime(proof))
        case "AADSTS70021", "AADSTS700211", "AADSTS700212", "AADSTS700213":
            (.denied, "the application has to trust issuer and subject of the token in AZURE_FEDERATED_TOKEN_FILE")
        // Where nothing is known of tokens nobody is who gives them.
        default: ([404, 408, 410, 429].contains(status) || status >= 500 ? .unreachable : .denied, nil)
        }
    }

    private func ofTime(_ proof: AzureProof?) -> String {
        if case .federation = proof { return "the token in AZURE_FEDERATED_TOKEN_FILE has to be replaced in time" }
        return "is this machine's clock right?"
    }
}
