public import HTTP

/// Tokens that go with requests; nothing: they go as anybody's.
public protocol BearerTokenSource: CredentialSource where Credential == BearerToken {
    /// What an answer that has refused a token says of the time: a token may be refused for having been signed by a clock that is off.
    func learnTime(_ headers: HTTPHeaders)
}

extension BearerTokenSource {
    public func learnTime(_ headers: HTTPHeaders) {}
}

public typealias FixedToken = FixedSource<BearerToken>

extension FixedSource: BearerTokenSource where Credential == BearerToken {}

extension CredentialSearch: BearerTokenSource where Credential == BearerToken {}

extension FixedToken {
    /// For buckets that everybody may read.
    public static var anonymous: FixedToken { FixedToken(nil, from: "anonymous") }
}
