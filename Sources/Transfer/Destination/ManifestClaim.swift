import Plan
import Platform

/// What a copy that begins claims: its items, and what else is ours already. The destination itself, `.`, is noted when we made
/// it.
struct ManifestClaim {
    let sources: [ListedSource]
    let others: Surplus
    let isRootOurs: Bool
    /// What was ours before. Nothing at the end of a copy, when what is in place is known.
    let old: Manifest

    private static let chunkSize = 1 << 18

    /// Writes it in pieces. Where the file at a place has the size and time of another version of the object, nobody knows until
    /// the end which of them it is: then the result is true, and the manifest has to be written again then.
    func write(_ write: ([UInt8]) throws(CopyFailure) -> Void) throws(CopyFailure) -> Bool {
        var isVague = false
        var bytes = ManifestText.partial
        try sources.eachItem { item throws(CopyFailure) in
            guard isRootOurs || item.path != "." else { return }
            var record = Manifest.Record(item)
            if let before = old[item.path], before.version != record.version, before.size == record.size,
                before.modified == record.modified
            {
                record.version = nil
                isVague = true
            }
            ManifestText.append(item.path, record, to: &bytes)
            try flush(&bytes, write, from: Self.chunkSize)
        }
        for (path, record) in others {
            ManifestText.append(path, record, to: &bytes)
            try flush(&bytes, write, from: Self.chunkSize)
        }
        try flush(&bytes, write, from: 0)
        return isVague
    }

    private func flush(
        _ bytes: inout [UInt8], _ write: ([UInt8]) throws(CopyFailure) -> Void, from size: Int
    ) throws(CopyFailure) {
        guard bytes.count >= size else { return }
        try write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
