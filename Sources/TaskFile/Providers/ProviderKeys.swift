/// The keys of a provider.
enum ProviderKeys {
    static let kinds = ["s3", "minio", "r2", "cos", "oci", "nebius", "cw", "azure", "google", "gcs", "gs", "fs"]

    static func store(ofKind kind: String) -> Store {
        switch kind {
        case "google", "gcs", "gs": .gcs
        case "azure": .azure
        case "fs": .file
        case "r2": .r2
        case "cos": .cos
        case "oci": .oci
        case "nebius": .nebius
        case "cw": .coreweave
        default: .s3
        }
    }

    static let rules = KeyRules(place + access + transfer + secrets + sources)

    /// As in an entry; a region may stand in Google's as well, as it does in Supervisely's files.
    private static let access = AccessKeys.rules.map { rule in
        rule.name == "region" ? KeyRule(rule.name, rule.shape, stores: rule.stores.union([.gcs]), rule.summary) : rule
    }

    private static let place: [KeyRule] = [
        KeyRule("provider", .choice(kinds, anyCase: true), "the kind of service"),
        KeyRule("endpoint", .text, stores: Store.buckets, "its URL or host"),
        KeyRule("host", .text, stores: Store.buckets, "its HOST:PORT, as ClearML writes it"),
        KeyRule("port", .integer(1...65535), stores: Store.buckets, "its port, when endpoint has none"),
        KeyRule("secure", .boolean, stores: Store.buckets, "false: http, not https"),
        KeyRule(
            "buckets", .either(.text, .list(of: .text)), stores: Store.buckets.union([.file]),
            "BUCKET or BUCKET/PATH that it serves (fs: storage ids)"),
        KeyRule("path", .absolutePath, stores: [.file], "the folder of this machine behind fs://NAME/"),
    ]

    private static let transfer: [KeyRule] = [
        KeyRule("part_size", .size((5 << 20)...(5 << 30)), stores: Store.buckets, "bytes of one part"),
        KeyRule("concurrency", .integer(1...256), stores: Store.buckets, "requests at once"),
        KeyRule("multipart", .boolean, stores: Store.buckets, "false: the service has no multipart uploads"),
        KeyRule("multipart_threshold", .size(0...(5 << 30)), stores: Store.buckets, "larger files go in parts"),
    ]

    private static let secrets: [KeyRule] = [
        KeyRule("access_key", .secret, stores: Store.buckets, "access key id; azure: the account's name"),
        KeyRule("secret_key", .secret, stores: Store.buckets, "secret access key; azure: the account's key"),
        KeyRule("session_token", .secret, stores: Store.s3Dialects, "token of temporary credentials"),
        KeyRule("account_key", .secret, stores: [.azure], "the account's key"),
        KeyRule("sas_token", .secret, stores: [.azure], "shared access signature"),
        KeyRule("connection_string", .secret, stores: [.azure], "connection string of the account"),
        KeyRule("credentials_json", .secret, stores: [.gcs], "text or path of a key file"),
    ]

    private static let sources: [KeyRule] = [
        KeyRule("credentials", .text, stores: Store.s3Dialects.union([.gcs]), "path of a credentials or key file"),
        KeyRule("credentials_path", .text, stores: Store.s3Dialects.union([.gcs]), "the same as credentials"),
        KeyRule("profile", .text, stores: Store.s3Dialects, "a profile of the AWS configuration files"),
        KeyRule("role_arn", .text, stores: Store.s3Dialects, "an IAM role to assume"),
        KeyRule("web_identity_token_file", .text, stores: Store.s3Dialects, "a file with an OIDC token for the role"),
        KeyRule("iam_role", .either(.boolean, .text), stores: Store.s3Dialects, "the machine's own role"),
        KeyRule("credential_process", .text, stores: Store.s3Dialects, "a command that prints credentials"),
    ]
}
