/// Keys of SkyPilot that mean nothing here, with what to do instead.
enum UnsupportedKeys {
    static let advice: [String: String] = [
        "_bucket_sub_path": "an internal key of SkyPilot; use key_prefix",
        "_is_sky_managed": "an internal key of SkyPilot; remove it",
        "_force_delete": "an internal key of SkyPilot; buckets are never deleted here",
        "hf_mount_args": "Hugging Face mounts are not supported",
        "disk_size": "volumes are disks, not buckets; SkyPilot attaches them",
        "disk_tier": "volumes are disks, not buckets; SkyPilot attaches them",
        "storage_type": "volumes are disks, not buckets; SkyPilot attaches them",
        "attach_mode": "volumes are disks, not buckets; SkyPilot attaches them",
        "bucket": "write name: BUCKET, or source: s3://BUCKET",
        "url": "write source:",
        "src": "write source:",
        "readonly": "write read_only",
        "ro": "write read_only",
        "prefix": "write key_prefix",
        "type": "write provider:",
        "key": "write access_key",
        "secret": "write secret_key",
        "token": "write session_token",
        "verify": "write tls_verify",
        "account_name": "write account",
        "container": "write buckets: [CONTAINER]",
        "bucket_name": "write name",
    ]
}
