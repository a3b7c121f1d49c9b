public import Signing

/// With what right an account is asked.
public enum AzureAccess: Sendable {
    case key(SharedKey)
    case link(SharedAccessSignature)
    /// Tokens of Microsoft's identity service, for the audience `https://storage.azure.com/`.
    case tokens(any BearerTokenSource)
    case anonymous

    /// For messages; nothing for anonymous access.
    var shown: String? {
        switch self {
        case .key(let key): "the key of account \(key.account)"
        case .link: "the SAS"
        case .tokens(let source): "the token of \(source.name)"
        case .anonymous: nil
        }
    }

    var link: SharedAccessSignature? { if case .link(let link) = self { link } else { nil } }
}
