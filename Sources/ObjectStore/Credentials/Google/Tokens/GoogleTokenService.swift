import HTTP
import JSON
import Platform
import Signing

/// Google's services that give a token for something else.
struct GoogleTokenService {
    let machine: CredentialMachine
    /// Who asks, for messages: "~/key.json".
    let name: String
    /// What no message may repeat.
    var secrets: [String] = []
    /// What to do when the answer is no.
    var advice: String?
    /// What it means that the service no longer takes what it is shown.
    var meaningOfInvalidGrant = StoreError.Code.denied

    /// As OAuth has it: a form is answered with a token and its seconds.
    func token(
        from address: HTTPAddress, form: [QueryItem], headers: HTTPHeaders = [:]
    ) async throws(StoreError) -> (token: BearerToken, expiry: Int) {
        var headers = headers
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        let asked = machine.now()
        let response = try await send(address, headers, Array(form.encoded.utf8))
        return try GoogleTokenAnswer(response.body, name).token(askedAt: asked)
    }

    /// As Google's own interfaces have it: a document is answered with a token and the moment of its end.
    func token(
        from address: HTTPAddress, document: JSONValue, authorization: String
    ) async throws(StoreError) -> (token: BearerToken, expiry: Int) {
        let headers: HTTPHeaders = ["Content-Type": "application/json", "Authorization": authorization]
        let response = try await send(address, headers, Array(document.compact.utf8))
        let ahead = response.head.clockAhead(of: machine.now()) ?? 0
        return try GoogleTokenAnswer(response.body, name).accessToken(clockAhead: ahead)
    }

    private func send(
        _ address: HTTPAddress, _ headers: HTTPHeaders, _ body: [UInt8]
    ) async throws(StoreError) -> HTTPResponse {
        var request = HTTPRequest(.post, address, headers: headers, body: .bytes(body), isIdempotent: true)
        request.answerMilliseconds = 10_000
        request.avoidsLinkLocal = true
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await machine.client.send(request, to: PlainHTTPService(), retrying: .forCredentials)
        } catch {
            throw StoreError(error, "\(name): \(address.authority)")
        }
        guard response.isSuccess else {
            var refusal = GoogleRefusal(response, hiding: secrets)
            refusal.meaningOfInvalidGrant = meaningOfInvalidGrant
            var error = refusal.error(name, from: address.authority, advice: advice)
            // It need not be why, but nobody would think of it.
            if let ahead = response.head.clockAhead(of: machine.now()) {
                let time = TimeSpan(milliseconds: abs(ahead) * 1000)
                error.message += "; this machine's clock is \(time) \(ahead > 0 ? "behind" : "ahead of") theirs"
            }
            _ = machine.signingClock.correct(response.headers, used: nil)
            throw error
        }
        return response
    }
}
