import JSON

/// What a program says that prints subject tokens.
struct GoogleSubjectAnswer {
    private let answer: CredentialAnswer
    private let isSuccess: Bool
    private let expiry: Int?

    init(_ bytes: [UInt8], of name: String) throws(StoreError) {
        answer = try CredentialAnswer(bytes, of: name)
        guard answer.json["version"]?.wholeNumber == 1 else {
            throw StoreError(.noCredentials, "\(name): version is not 1, the only one there is")
        }
        guard case .boolean(let isSuccess)? = answer.json["success"] else {
            throw StoreError(.noCredentials, "\(name): success is neither true nor false")
        }
        self.isSuccess = isSuccess
        expiry = answer.json["expiration_time"]?.wholeNumber
        guard expiry != nil || answer.json["expiration_time"] == nil else {
            throw StoreError(.noCredentials, "\(name): expiration_time is no number of seconds")
        }
    }

    /// Of what was kept: a refusal, and what does not say when it ends, is asked for again.
    func holds(at time: Int) -> Bool { isSuccess && expiry.map { time < $0 } ?? false }

    func token(at time: Int) throws(StoreError) -> String {
        guard isSuccess else {
            let words = [answer["code"], answer["message"]].compactMap { $0?.excerpt }.joined(separator: ": ")
            throw StoreError(
                .denied, "\(answer.name): it gives no token" + (words.isEmpty ? "" : ": \(words)"))
        }
        guard expiry.map({ time < $0 }) ?? true else {
            throw StoreError(.expiredCredentials, "\(answer.name): it gives a token that has expired")
        }
        let field: String
        switch answer["token_type"] {
        case "urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token": field = "id_token"
        case "urn:ietf:params:oauth:token-type:saml2": field = "saml_response"
        default: throw StoreError(.noCredentials, "\(answer.name): token_type is none that is known")
        }
        guard let token = answer[field] else {
            throw StoreError(.noCredentials, "\(answer.name): \(field) is missing")
        }
        return token
    }
}
