/// Keys of other tools that mean nothing here, with what to do instead.
enum UnsupportedKeys {
    /// What to write instead, if this mapping knows it.
    static func advice(for key: String, among rules: KeyRules) -> String? {
        if let words = reasons[key] { return words }
        let known = others[key]?.first { other in rules[other] != nil }
        return known.map { "write \($0)" }
    }

    private static let reasons = [
        "_bucket_sub_path": "an internal key of SkyPilot; use key_prefix",
        "_is_sky_managed": "an internal key of SkyPilot; remove it",
        "_force_delete": "an internal key of SkyPilot; buckets are never deleted here",
        "hf_mount_args": "Hugging Face mounts are not supported",
        "disk_size": "volumes are disks, not buckets; SkyPilot attaches them",
        "disk_tier": "volumes are disks, not buckets; SkyPilot attaches them",
        "storage_type": "volumes are disks, not buckets; SkyPilot attaches them",
        "attach_mode": "volumes are disks, not buckets; SkyPilot attaches them",
    ]

    /// Names from other tools, with ours for them in entries and in providers.
    private static let others = [
        "bucket": ["name", "buckets"],
        "bucket_name": ["name", "buckets"],
        "container": ["name", "buckets"],
        "url": ["source", "endpoint"],
        "src": ["source"],
        "readonly": ["read_only"],
        "ro": ["read_only"],
        "prefix": ["key_prefix"],
        "type": ["provider"],
        "key": ["access_key", "provider"],
        "access_key": ["provider"],
        "secret": ["secret_key", "provider"],
        "secret_key": ["provider"],
        "token": ["session_token", "provider"],
        "session_token": ["provider"],
        "verify": ["tls_verify"],
        "account_name": ["account"],
    ]
}
