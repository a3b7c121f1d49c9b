/// A named set of endpoint and credentials.
public struct Provider: Sendable, Equatable {
    public var name: String
    public var store: Store
    /// A server that only speaks S3's protocol: it is never the default for S3's own buckets.
    public var isOnlyCompatible: Bool
    public var access: StoreAccess
    public var credentials: ProviderCredentials
    /// The buckets, or parts of buckets, that it serves; empty: it serves all of its kind.
    public var claims: [BucketClaim] { claimPlaces.map(\.claim) }
    var claimPlaces: [ClaimPlace]
    public var usesMultipart: Bool
    public var multipartThreshold: Int?
    /// `fs`: the folder of this machine that `fs://NAME/` stands for.
    public var hostFolder: String?
    /// Of the operator's own file or environment, and not of a task.
    public var isOperators: Bool
    public var origin: Origin

    struct ClaimPlace: Sendable, Equatable {
        var claim: BucketClaim
        var position: Position
        var path: String
    }

    public struct Origin: Sendable, Equatable {
        public var file: String
        public var position: Position?
        public var path: String
    }
}

/// What a provider offers as proof of identity; how it is used is the store's business.
public struct ProviderCredentials: Sendable, Equatable {
    /// Azure: the account's name, as Supervisely writes it.
    public var accessKey: SecretSource?
    public var secretKey: SecretSource?
    public var sessionToken: SecretSource?
    public var accountKey: SecretSource?
    public var sasToken: SecretSource?
    public var connectionString: SecretSource?
    public var credentialsFile: String?
    public var credentialsJSON: SecretSource?
    public var instanceRole: InstanceRole?
    public var process: String?

    /// The secrets with the keys that they stand under.
    var secrets: [(key: String, secret: SecretSource?)] {
        [
            ("access_key", accessKey), ("secret_key", secretKey), ("session_token", sessionToken),
            ("account_key", accountKey), ("sas_token", sasToken), ("connection_string", connectionString),
            ("credentials_json", credentialsJSON),
        ]
    }

    public enum InstanceRole: Sendable, Equatable {
        case any
        case named(String)
    }
}

/// A bucket, or the part of it below a path.
public struct BucketClaim: Sendable, Hashable {
    public var bucket: String
    public var path: String

    init(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        bucket = String(parts[0])
        path = parts.count > 1 ? parts[1].split(separator: "/").joined(separator: "/") : ""
    }

    func covers(_ location: BucketLocation) -> Bool {
        guard bucket == location.bucket else { return false }
        return path.isEmpty || location.key == path || location.key.hasPrefix(path + "/")
    }
}
