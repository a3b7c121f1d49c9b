import Platform

/// Where credentials come from and whose they are, for people and documents. Nothing in it is secret.
public struct CredentialOrigin: Sendable, Equatable, CustomStringConvertible {
    /// Such as "environment AWS_ACCESS_KEY_ID" or "profile dev in ~/.aws/config".
    public var source: String
    /// Such as an access key's id, shortened, or the name of a role; nothing when nobody is named.
    public var identity: String?

    public init(_ source: String, identity: String? = nil) {
        self.source = source
        self.identity = identity
    }

    public static let anonymous = CredentialOrigin("anonymous")

    public var description: String { identity.map { "\(source) \($0)" } ?? source }

    /// The id of a key as AWS's tools show it: enough to recognise one's own.
    static func shortened(_ id: String) -> String {
        guard id.count >= 16 else { return id.count > 4 ? id.prefix(4).printableText + "…" : "…" }
        return "\(id.prefix(4).printableText)…\(id.suffix(4).printableText)"
    }
}

/// A place where credentials were looked for, and why there were none.
public struct CredentialAttempt: Sendable, Equatable, CustomStringConvertible {
    public var source: String
    public var reason: String

    public init(_ source: String, _ reason: String) {
        self.source = source
        self.reason = reason
    }

    public var description: String { "\(source): \(reason)" }
}

/// Credentials with what is known about them.
struct FoundCredentials<Value: Sendable>: Sendable {
    var value: Value
    /// In seconds since 1970; nothing when they hold until they are withdrawn.
    var expiry: Int?
    var origin: CredentialOrigin

    func map<Other: Sendable>(_ change: (Value) -> Other) -> FoundCredentials<Other> {
        FoundCredentials<Other>(value: change(value), expiry: expiry, origin: origin)
    }
}

/// What looking in one place gave. Credentials that are there but do not work are an error: to go on with somebody
/// else's identity would surprise.
enum CredentialFinding<Value: Sendable>: Sendable {
    case found(FoundCredentials<Value>)
    case nothing(CredentialAttempt)
}

extension Substring {
    fileprivate var printableText: String { String(self).printable }
}
