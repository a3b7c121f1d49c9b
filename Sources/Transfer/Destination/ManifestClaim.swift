import Plan
import Platform

/// What a copy that begins claims: its items, and what else is ours already. The destination itself, `.`, is noted when we made
/// it.
struct ManifestClaim {
    let sources: [ListedSource]
    let others: [RawPath: Manifest.Record]
    let isRootOurs: Bool
    /// What was ours before. Nothing at the end of a copy, when what is in place is known.
    let old: Manifest

    private static let chunkSize = 1 << 18

    /// Writes it in pieces. Where the file at a place has the size and time of another version of the object, nobody knows until
    /// the end which of them it is: then the result is true, and the manifest has to be written again then.
    func write(_ write: ([UInt8]) throws(SystemError) -> Void) throws(SystemError) -> Bool {
        var isVague = false
        var bytes = ManifestText.partial
        for item in sources.lazy.flatMap(\.items) where isRootOurs || item.path != "." {
            var record = Manifest.Record(item)
            if let before = old[item.path], before.version != record.version, before.size == record.size,
                before.modified == record.modified
            {
                record.version = nil
                isVague = true
            }
            ManifestText.append(item.path, record, to: &bytes)
            if bytes.count >= Self.chunkSize {
                try write(bytes)
                bytes = []
            }
        }
        for (path, record) in others { ManifestText.append(path, record, to: &bytes) }
        try write(bytes)
        return isVague
    }
}
