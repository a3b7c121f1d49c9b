import JSON

/// A token as services and programs of Microsoft's give it.
struct AzureTokenAnswer {
    /// No token lives longer, and no clock is further ahead.
    private static let longest = 1 << 40

    let answer: CredentialAnswer

    init(_ bytes: [UInt8], of name: String) throws(StoreError) {
        answer = try CredentialAnswer(bytes, of: name)
    }

    /// How long it holds is told in seconds from now, or else as a moment.
    func found(
        at time: Int, _ origin: CredentialOrigin
    ) throws(StoreError) -> FoundCredentials<AzureCredential> {
        let token = try token("access_token")
        guard let expiry = number("expires_in").map({ time + $0 }) ?? number("expires_on") else {
            throw StoreError(.noCredentials, "\(answer.name): the answer has no number in expires_in or expires_on")
        }
        return FoundCredentials(value: .token(token), expiry: expiry, origin: origin)
    }

    func token(_ member: String) throws(StoreError) -> BearerToken {
        guard let text = answer[member] else {
            throw StoreError(.noCredentials, "\(answer.name): the answer has no \(member)")
        }
        guard let token = BearerToken(text) else {
            throw StoreError(
                .noCredentials, "\(answer.name): \(member) has characters that no header of a request can have")
        }
        return token
    }

    /// Some write numbers as texts.
    func number(_ member: String) -> Int? {
        let number = answer.json[member]?.wholeNumber ?? answer[member].flatMap { Int($0) }
        return number.flatMap { (0...Self.longest).contains($0) ? $0 : nil }
    }
}
