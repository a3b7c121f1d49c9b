import TaskFile

extension Mount {
    /// What this build would need to have for the mount and does not; nothing when it can be done.
    var missingFeature: String? {
        if uploadTarget != nil { return "uploading a local source is not built yet" }
        if let source = sources.first(where: {
            ![.file, .web].contains($0.store) && !Store.s3Dialects.contains($0.store)
        }) {
            let what = mode.isMount ? "mounting" : "copying from"
            return "\(what) \(source.store.displayName) is not built yet"
        }
        return nil
    }

    /// What can be done instead.
    var alternative: String { "local folders, what speaks S3, and https are" }
}
