/// How a store is spoken to, as far as the task or a provider says; nil leaves it to the next one who knows.
public struct StoreAccess: Sendable, Equatable {
    public var endpoint: Endpoint?
    public var region: String?
    public var account: String?
    public var project: String?
    public var profile: String?
    public var roleARN: String?
    public var webIdentityTokenFile: String?
    public var usesPathStyle: Bool?
    public var requesterPays: Bool?
    public var isAnonymous: Bool?
    public var headers: [Header] = []
    public var acl: String?
    public var serverSideEncryption: String?
    public var kmsKeyID: String?
    public var storageClass: String?
    public var tls: TLSVerification?
    public var partSize: Int?
    public var concurrency: Int?

    public struct Header: Sendable, Equatable {
        public var name: String
        /// Often a token.
        public var value: Secret
    }

    public enum TLSVerification: Sendable, Equatable {
        case on
        case off
        case authority(file: String)
    }

    /// The keys that entries and providers have in common.
    init(_ fields: Fields) {
        region = fields.string("region")
        account = fields.string("account")
        project = fields.string("project")
        profile = fields.string("profile")
        roleARN = fields.string("role_arn")
        webIdentityTokenFile = fields.string("web_identity_token_file")
        usesPathStyle = fields.boolean("path_style")
        requesterPays = fields.boolean("requester_pays")
        isAnonymous = fields.boolean("anonymous")
        headers = fields.headers("headers").map { Header(name: $0.name, value: Secret($0.value.value)) }
        acl = fields.string("acl")
        serverSideEncryption = fields.string("sse")
        kmsKeyID = fields.string("kms_key_id")
        storageClass = fields.string("storage_class")
        tls =
            fields.boolean("tls_verify").map { $0 ? .on : .off }
            ?? fields.string("tls_verify").map { .authority(file: $0) }
        partSize = fields.integer("part_size")
        concurrency = fields.integer("concurrency")
    }

    /// What is not said here is taken from `other`.
    func filled(from other: StoreAccess) -> StoreAccess {
        var filled = self
        filled.endpoint = endpoint ?? other.endpoint
        filled.region = region ?? other.region
        filled.account = account ?? other.account
        filled.project = project ?? other.project
        filled.profile = profile ?? other.profile
        filled.roleARN = roleARN ?? other.roleARN
        filled.webIdentityTokenFile = webIdentityTokenFile ?? other.webIdentityTokenFile
        filled.usesPathStyle = usesPathStyle ?? other.usesPathStyle
        filled.requesterPays = requesterPays ?? other.requesterPays
        filled.isAnonymous = isAnonymous ?? other.isAnonymous
        filled.headers =
            headers
            + other.headers.filter { inherited in
                !headers.contains { $0.name.lowercased() == inherited.name.lowercased() }
            }
        filled.acl = acl ?? other.acl
        filled.serverSideEncryption = serverSideEncryption ?? other.serverSideEncryption
        filled.kmsKeyID = kmsKeyID ?? other.kmsKeyID
        filled.storageClass = storageClass ?? other.storageClass
        filled.tls = tls ?? other.tls
        filled.partSize = partSize ?? other.partSize
        filled.concurrency = concurrency ?? other.concurrency
        return filled
    }
}
