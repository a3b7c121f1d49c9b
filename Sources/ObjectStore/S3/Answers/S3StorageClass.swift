enum S3StorageClass {
    /// What is in these must be restored before it can be read. GLACIER_IR is read like any other.
    static func isArchive(_ name: String?) -> Bool { name == "GLACIER" || name == "DEEP_ARCHIVE" }

    /// What the header `x-amz-restore` says of a copy that can be read: it is there, and not only under way.
    static func isRestored(_ header: String?) -> Bool { header?.contains("ongoing-request=\"false\"") ?? false }

    /// Whether a listing leaves open if an object of this class can be read. What tiers itself may be archived when nobody has read
    /// it for a quarter of a year, which no listing says; it has been there for as long then.
    static func leavesDoubt(_ name: String?, isRestored: Bool?, age seconds: Int) -> Bool {
        if isArchive(name) { return isRestored == nil }
        return name == "INTELLIGENT_TIERING" && seconds >= 90 * 86_400
    }
}
