public import Signing

/// What makes requests to a storage account of Azure somebody's.
public enum AzureCredential: Sendable, Equatable {
    case key(SharedKey)
    case link(SharedAccessSignature)
    /// Of Microsoft's identity service, for the audience `https://storage.azure.com/`.
    case token(BearerToken)

    var link: SharedAccessSignature? { if case .link(let link) = self { link } else { nil } }

    /// For messages; `name` is whose it is.
    func shown(_ name: String) -> String {
        switch self {
        case .key(let key): "the key of account \(key.account)"
        case .link: "the SAS of \(name)"
        case .token: "the token of \(name)"
        }
    }
}

/// Where they come from; nothing: requests go as anybody's.
public protocol AzureCredentialSource: CredentialSource where Credential == AzureCredential {}

extension FixedSource: AzureCredentialSource where Credential == AzureCredential {}
