import Platform

/// Removes what a mirror has too much: names that our manifest says are ours and that the source no longer has. Never anything
/// else, and never below a folder that is a mount of its own.
struct Mirror {
    let surplus: [RawPath: Manifest.Record]
    /// Destinations of other mounts that are inside of this one: what is below belongs to them.
    let others: [RawPath]

    /// How many names were removed.
    func remove(from destination: borrowing OwnedDescriptor) throws(CopyFailure) -> Int {
        var removed = 0
        // What is in a folder comes before the folder.
        for (path, record) in surplus.filter({ !isOthers($0.key) }).sorted(by: { $0.key > $1.key }) {
            do throws(SystemError) {
                if try remove(path, record, from: destination) { removed += 1 }
            } catch  where error.isAbsence {
                continue
            } catch {
                throw CopyFailure.writing(path, error)
            }
        }
        return removed
    }

    private func isOthers(_ path: RawPath) -> Bool {
        others.contains { path == $0 || path.bytes.starts(with: $0.bytes + [UInt8(ascii: "/")]) }
    }

    private func remove(
        _ path: RawPath, _ record: Manifest.Record, from destination: borrowing OwnedDescriptor
    ) throws(SystemError) -> Bool {
        let parent = try OwnedDescriptor.open(
            beneath: destination, path.parent.isEmpty ? "." : path.parent, FileFlags.folder)
        let entry = try parent.entry(of: path.lastComponent)
        guard try entry.device == parent.entry().device, try parent.entry().device == destination.entry().device else {
            return false
        }
        // Somebody has written into it since: that is not ours to throw away.
        if entry.kind == .file && (entry.size != record.size || entry.modified != record.modified) { return false }
        do throws(SystemError) {
            try parent.remove(path.lastComponent, isFolder: entry.kind == .folder)
            return true
        } catch  where error.isOccupied {
            // Somebody else's files are in it.
            return false
        }
    }
}
