import Checksums

/// The program that has signed a person in.
struct GoogleOAuthClient: Sendable {
    var id: String
    var secret: String

    /// As RFC 6749 has it in a request's head.
    var authorization: String { "Basic " + Base64.text(of: Array("\(id):\(secret)".utf8)) }
}
