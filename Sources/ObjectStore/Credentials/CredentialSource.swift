/// Where the credentials of a bucket come from. Asked before each attempt of a request, so that it keeps what it has
/// found and gets new ones in time before they expire.
public protocol CredentialSource<Credential>: Sendable {
    associatedtype Credential: Sendable

    /// Nothing: requests go without.
    func credentials() async throws(StoreError) -> Credential?

    /// The service has refused these. True when there are others now; many requests may say it of the same ones.
    func renew(after refused: Credential) async -> Bool

    /// Whose they are, for messages, without a secret: "the environment", "profile train".
    var name: String { get }
}

/// Credentials that somebody has written down; nothing stands for none at all.
public struct FixedSource<Credential: Sendable>: CredentialSource {
    private let fixed: Credential?
    public let name: String

    public init(_ credentials: Credential?, from name: String = "the task") {
        fixed = credentials
        self.name = name
    }

    public func credentials() -> Credential? { fixed }

    public func renew(after refused: Credential) -> Bool { false }
}
