enum S3StorageClass {
    /// What is in these must be restored before it can be read. GLACIER_IR is read like any other.
    static func isArchive(_ name: String?) -> Bool { name == "GLACIER" || name == "DEEP_ARCHIVE" }

    /// What the header `x-amz-restore` says of a copy that can be read: it is there, and not only under way.
    static func isRestored(_ header: String?) -> Bool { header?.contains("ongoing-request=\"false\"") ?? false }
}
