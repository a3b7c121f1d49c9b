/// The keys of an entry of `file_mounts`.
enum EntryKeys {
    static let rules = KeyRules(source + preset + access + copy + mount + ownership + transfer)

    private static let source: [KeyRule] = [
        KeyRule("source", .either(.text, .list(of: .text)), "a URL, a local path, or a list of them"),
        KeyRule("name", .text, "the name of a bucket, in place of a URL"),
        KeyRule("store", .choice(Store.names, anyCase: true), "the cloud of the bucket called name (default: s3)"),
        KeyRule("mode", .choice(Mode.allCases.map(\.rawValue), anyCase: true), "how the destination gets its content"),
        KeyRule("persistent", .boolean, "for SkyPilot; buckets are never deleted here"),
        KeyRule("key_prefix", .text, stores: Store.buckets, "only what is below this prefix is visible; ends in /"),
    ]

    private static let preset: [KeyRule] = [
        KeyRule(
            "type", .choice(Preset.allCases.map(\.rawValue), anyCase: true), modes: [.mountCached],
            "what the mount is for: SkyPilot's presets"),
        KeyRule(
            "config",
            .mapping([
                KeyRule("mount", .mapping([readOnly]), modes: [.mount], "settings of MOUNT"),
                KeyRule("mount_cached", .mapping(mountCached), modes: [.mountCached], "settings of MOUNT_CACHED"),
            ]), "SkyPilot's settings of mounts"),
    ]

    private static let readOnly = KeyRule("read_only", .boolean, modes: Mode.mounts, "every write is refused (EROFS)")

    private static let mountCached: KeyRules = [
        KeyRule("transfers", .integer(1...256), "uploads at once"),
        KeyRule("buffer_size", .rcloneSize, "memory for each open file"),
        KeyRule("vfs_cache_max_size", .rcloneSize, "local disk for the cache"),
        KeyRule("vfs_cache_max_age", .rcloneDuration, "how long an unused file stays in the cache"),
        KeyRule("vfs_read_ahead", .rcloneSize, "bytes read ahead of a reader"),
        KeyRule("vfs_read_chunk_size", .rcloneSize, "bytes of one request"),
        KeyRule("vfs_read_chunk_streams", .integer(0...256), "requests at once for one reader"),
        KeyRule("vfs_write_back", .rcloneDuration, "how long a written file waits for its upload"),
        readOnly,
    ]

    private static let access: [KeyRule] =
        [
            KeyRule(
                "provider", .text, stores: Store.buckets.union([.file]), "the named credentials and endpoint to use")
        ] + AccessKeys.rules + [
            KeyRule("profile", .text, stores: Store.s3Dialects, "a profile of the AWS configuration files"),
            KeyRule("role_arn", .text, stores: Store.s3Dialects, "an IAM role to assume"),
            KeyRule(
                "web_identity_token_file", .text, stores: Store.s3Dialects, "a file with an OIDC token for the role"),
            KeyRule("endpoint", .text, stores: Store.buckets, "URL of an S3-compatible or otherwise own service"),
        ]

    private static let copy: [KeyRule] = [
        KeyRule("include", .either(.glob, .list(of: .glob)), modes: [.copy], "only what matches one of these globs"),
        KeyRule("exclude", .either(.glob, .list(of: .glob)), modes: [.copy], "nothing that matches one of these globs"),
        KeyRule("extract", .boolean, modes: [.copy], isBuilt: false, "unpack archives instead of keeping them"),
        KeyRule("links", .boolean, modes: [.copy], isBuilt: false, "the source is a text file of URLs to fetch"),
        KeyRule(
            "shard",
            .either(
                .choice(["auto"]),
                .mapping([
                    KeyRule("index", .integer(0...1_000_000), "which share, from 0"),
                    KeyRule("count", .integer(1...1_000_001), "of how many"),
                ])), modes: [.copy], isBuilt: false, "copy only this node's share"),
        KeyRule(
            "sync_back", .choice(["never", "on_exit"]), isBuilt: false, "copy changes back to the source at the end"),
    ]

    private static let mount: [KeyRule] = [
        readOnly,
        KeyRule(
            "cache",
            .either(
                .identifier,
                .mapping([
                    KeyRule("size", .size(1...Int.max), "bytes at most"),
                    KeyRule("max_age", .duration(atLeast: 0), "how long what is not used stays"),
                    KeyRule("dir", .absolutePath, "the folder of the cache"),
                ])), "a read cache on disk, or the name of one that others share"),
        KeyRule(
            "commit", .choice(Commit.allCases.map(\.rawValue)), modes: Mode.mounts,
            "which call waits until data is in the bucket"),
        KeyRule(
            "metadata_ttl", .duration(atLeast: 0), modes: Mode.mounts,
            "how long names, sizes and absences are believed (1s)"),
        KeyRule(
            "staging",
            .mapping([
                KeyRule("dir", .absolutePath, "the folder where written data waits for its upload"),
                KeyRule("size", .size((16 << 20)...Int.max), "bytes at most"),
            ]), modes: Mode.mounts, "where written data waits for its upload"),
        KeyRule(
            "on_torn", .choice(["keep", "upload"]), modes: Mode.mounts,
            "what happens to a file whose writer died"),
        KeyRule(
            "io_timeout", .duration(atLeast: 1), modes: Mode.mounts,
            "how long an operation waits for a store that does not answer (5m)"),
        KeyRule(
            "on_nonempty", .choice(OnNonempty.allCases.map(\.rawValue)),
            "a destination that holds files: refuse or overlay (MOUNT); merge, refuse or mirror (COPY)"),
        KeyRule(
            "on_no_fuse", .choice(["fail", "copy"]), modes: Mode.mounts,
            "what to do where FUSE is refused"),
        KeyRule("allow_other", .boolean, modes: Mode.mounts, "let other users into the mount"),
    ]

    private static let ownership: [KeyRule] = [
        KeyRule("uid", .integer(0...4_294_967_294), "owner of the files"),
        KeyRule("gid", .integer(0...4_294_967_294), "group of the files"),
        KeyRule("file_mode", .permissions, "permission bits of files"),
        KeyRule("dir_mode", .permissions, "permission bits of folders"),
    ]

    private static let transfer: [KeyRule] = [
        KeyRule("checksum", .choice(["auto", "full", "off"]), "how much is verified"),
        KeyRule("part_size", .size((5 << 20)...(5 << 30)), stores: Store.remote, "bytes of one part"),
        KeyRule("concurrency", .integer(1...256), "requests at once"),
    ]
}

/// Keys that say how a store is spoken to. They stand in an entry, or in a provider as the default of its entries.
enum AccessKeys {
    static let rules: [KeyRule] = [
        KeyRule("region", .text, stores: Store.s3Dialects, "the bucket's region; found out when absent"),
        KeyRule(
            "account", .text, stores: [.azure, .r2, .oci],
            "the storage account (azure), account id (r2) or namespace (oci)"),
        KeyRule("project", .text, stores: [.gcs], "the project that pays or owns"),
        KeyRule("path_style", .boolean, stores: Store.s3Dialects, "the bucket in the path of the URL, not in its host"),
        KeyRule("requester_pays", .boolean, stores: [.s3, .gcs], "accept the costs of reading"),
        KeyRule("anonymous", .boolean, stores: Store.buckets, "send no credentials"),
        KeyRule("headers", .headers, stores: Store.remote, "further headers of each request"),
        KeyRule("acl", .choice(cannedACLs), stores: Store.s3Dialects, "canned ACL of written objects"),
        KeyRule(
            "sse", .choice(["AES256", "aws:kms", "aws:kms:dsse"]), stores: Store.s3Dialects,
            "server-side encryption of written objects"),
        KeyRule("kms_key_id", .text, stores: Store.s3Dialects.union([.gcs]), "the key for server-side encryption"),
        KeyRule("storage_class", .text, stores: Store.buckets, "storage class of written objects"),
        KeyRule(
            "tls_verify", .either(.boolean, .text), stores: Store.remote,
            "false: trust any certificate; a path: trust this CA file"),
    ]

    private static let cannedACLs = [
        "private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read",
        "bucket-owner-full-control",
    ]
}
