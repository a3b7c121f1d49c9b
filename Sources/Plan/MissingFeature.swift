import TaskFile

extension Mount {
    /// What this build would need to have for the mount and does not; nothing when it can be done.
    var missingFeature: String? {
        uploadTarget == nil ? nil : "uploading a local source is not built yet"
    }

    /// What can be done instead.
    var alternative: String { "copy it into the bucket by other means, and leave `source` out" }
}
