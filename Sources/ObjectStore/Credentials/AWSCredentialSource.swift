public import Signing

/// Where the credentials of a bucket come from. Asked before each attempt of a request, so that it keeps what it has
/// found and gets new ones in time before they expire.
public protocol AWSCredentialSource: Sendable {
    /// Nothing: requests are not signed.
    func credentials() async throws(StoreError) -> AWSCredentials?

    /// The service has refused these. True when there are others now; many requests may say it of the same ones.
    func renew(after refused: AWSCredentials) async -> Bool

    /// Whose they are, for messages, without a secret: "the environment", "profile train".
    var name: String { get }
}

/// Credentials that somebody has written down; nothing stands for none at all.
public struct FixedCredentials: AWSCredentialSource {
    private let fixed: AWSCredentials?
    public let name: String

    public init(_ credentials: AWSCredentials?, from name: String = "the task") {
        fixed = credentials
        self.name = name
    }

    public func credentials() -> AWSCredentials? { fixed }

    public func renew(after refused: AWSCredentials) -> Bool { false }
}
