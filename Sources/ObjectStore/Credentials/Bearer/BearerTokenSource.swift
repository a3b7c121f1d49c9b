/// Tokens that go with requests; nothing: they go as anybody's.
public protocol BearerTokenSource: CredentialSource where Credential == BearerToken {}

public typealias FixedToken = FixedSource<BearerToken>

extension FixedSource: BearerTokenSource where Credential == BearerToken {}

extension CredentialSearch: BearerTokenSource where Credential == BearerToken {}

extension FixedToken {
    /// For buckets that everybody may read.
    public static var anonymous: FixedToken { FixedToken(nil, from: "anonymous") }
}
