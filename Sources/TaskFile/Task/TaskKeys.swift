/// The top-level keys that are ours. All others belong to other tools.
enum TaskKeys {
    static let name = "name"
    static let envs = "envs"
    static let secrets = "secrets"
    static let fileMounts = "file_mounts"
    static let providers = "providers"

    static let rules: KeyRules = [
        KeyRule(
            "direct_access",
            .list(
                of: .either(
                    .text,
                    .mapping([
                        KeyRule("url", .text, "a glob on the URL"),
                        KeyRule("content_type", .text, "a glob on the content type"),
                    ]))), isBuilt: false, "sources that are used in place"),
        KeyRule(
            "path_substitution",
            .list(
                of: .mapping([
                    KeyRule("registered_prefix", .text, "the beginning of a URL"),
                    KeyRule("local_prefix", .text, "what it is replaced by"),
                ])), isBuilt: false, "URL prefixes that are replaced by local ones"),
    ]

    static let all = [name, envs, secrets, fileMounts, providers] + rules.names
}
