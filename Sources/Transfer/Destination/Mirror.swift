import Plan
import Platform

/// Removes what a mirror has too much: names that our manifest says are ours and that the source no longer has. Never anything
/// else, and never below a folder that is a mount of its own.
struct Mirror {
    let surplus: [RawPath: Manifest.Record]
    /// All that is ours, surplus or not.
    let ours: Manifest
    /// Destinations of other mounts that are inside of this one: what is below belongs to them.
    let others: [RawPath]

    /// Makes room for items that were a folder when they were copied and are a file now, or the other way round.
    func clearTheWay(
        for items: some Sequence<SourceItem>, in destination: borrowing OwnedDescriptor
    ) throws(CopyFailure) {
        let folders = Set(surplus.keys.flatMap(\.ancestors))
        for item in items where !isOthers(item.path) {
            guard let record = ours[item.path] else { continue }
            if item.content == .folder {
                try removeFile(item.path, from: destination)
            } else if folders.contains(item.path) {
                let below = surplus.filter { $0.key.isBelow(item.path) }
                    .merging([item.path: record]) { first, _ in first }
                _ = try Mirror(surplus: below, ours: ours, others: others).remove(from: destination)
            }
        }
    }

    /// A folder of this name is ours, and nothing but a file of ours is removed here.
    private func removeFile(_ path: RawPath, from destination: borrowing OwnedDescriptor) throws(CopyFailure) {
        guard path != ".", let record = ours[path] else { return }
        do throws(SystemError) {
            let parent = try folder(path.parent, in: destination)
            guard try parent.entryIfAny(of: path.lastComponent).map({ $0.kind != .folder }) ?? false else { return }
            _ = try remove(path, record, from: destination)
        } catch  where error.isAbsence {
            return
        } catch {
            throw CopyFailure.writing(path, error)
        }
    }

    private func folder(
        _ path: RawPath, in destination: borrowing OwnedDescriptor
    ) throws(SystemError) -> OwnedDescriptor {
        try .open(beneath: destination, path.isEmpty ? "." : path, FileFlags.folder)
    }

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
        others.contains { path == $0 || path.isBelow($0) }
    }

    private func remove(
        _ path: RawPath, _ record: Manifest.Record, from destination: borrowing OwnedDescriptor
    ) throws(SystemError) -> Bool {
        let parent = try folder(path.parent, in: destination)
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
