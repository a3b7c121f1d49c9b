import JSON

/// A token as Google's services give it.
struct GoogleTokenAnswer {
    private let answer: CredentialAnswer

    init(_ body: [UInt8], _ name: String) throws(StoreError) {
        answer = try CredentialAnswer(body, of: name)
    }

    /// `access_token` with `expires_in`, as of when it was asked for. Some services write the number as text.
    func token(askedAt time: Int) throws(StoreError) -> (token: BearerToken, expiry: Int) {
        let token = try bearer("access_token")
        guard let seconds = answer.json["expires_in"]?.wholeNumber ?? answer["expires_in"].flatMap({ Int($0) }),
            (1...1_000_000).contains(seconds)
        else { throw problem("expires_in is no number of seconds") }
        return (token, time + seconds)
    }

    /// `accessToken` with `expireTime`, by a clock that may be ahead.
    func accessToken(clockAhead: Int) throws(StoreError) -> (token: BearerToken, expiry: Int) {
        let token = try bearer("accessToken")
        guard let expiry = answer["expireTime"].flatMap({ CredentialTime.seconds(of: $0) }) else {
            throw problem("expireTime is no time of ISO 8601")
        }
        return (token, expiry - clockAhead)
    }

    private func bearer(_ field: String) throws(StoreError) -> BearerToken {
        guard let text = answer[field] else { throw problem("there is no \(field) in it") }
        guard let token = BearerToken(text) else { throw problem("\(field) has a character that no token has") }
        return token
    }

    private func problem(_ what: String) -> StoreError {
        StoreError(.noCredentials, "\(answer.name): the answer cannot be used: \(what)")
    }
}
