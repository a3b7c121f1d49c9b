import Plan
import Platform

/// Removes what a mirror has too much: names that our manifest says are ours and that the source no longer has. Never anything
/// else, and never below a folder that is a mount of its own.
struct Mirror {
    let surplus: Surplus
    /// All that is ours, surplus or not.
    let ours: Manifest
    /// Destinations of other mounts that are inside of this one: what is below belongs to them.
    let others: [RawPath]

    /// Makes room for items that were a folder when they were copied and are a file now, or the other way round.
    func clearTheWay(for sources: [ListedSource], in destination: borrowing OwnedDescriptor) throws(CopyFailure) {
        let folders = foldersOfSurplus
        let isOurs = { (path: RawPath) in !isOthers(path) && ours[path] != nil }
        try sources.eachItem { item throws(CopyFailure) in
            guard item.content == .folder || folders.contains(item.path), isOurs(item.path) else { return }
            if item.content == .folder { return try removeFile(item.path, from: destination) }
            _ = try remove(from: destination, where: { $0.isBelow(item.path) })
            // The folder itself is listed, under its name that is a file's now.
            if let record = ours[item.path] { _ = try removeOne(item.path, record, from: destination, .folders) }
        }
    }

    /// The folders that something of it is in.
    private var foldersOfSurplus: Set<RawPath> {
        var folders: Set<RawPath> = []
        var last: RawPath = ""
        for (path, _) in surplus {
            // Neighbours mostly share theirs.
            let parent = path.parent
            guard parent != last else { continue }
            last = parent
            folders.formUnion(path.ancestors)
        }
        return folders
    }

    /// A folder of this name is ours, and nothing but a file of ours is removed here.
    private func removeFile(_ path: RawPath, from destination: borrowing OwnedDescriptor) throws(CopyFailure) {
        guard path != ".", let record = ours[path] else { return }
        do throws(SystemError) {
            let parent = try folder(path.parent, in: destination)
            guard try parent.entryIfAny(of: path.lastComponent).map({ $0.kind != .folder }) ?? false else { return }
            _ = try remove(path, record, from: destination, .files)
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

    /// How many names were removed. Folders come last, and what is in one before it: there are fewer of them than files.
    func remove(
        from destination: borrowing OwnedDescriptor, where isMeant: (RawPath) -> Bool = { _ in true }
    ) throws(CopyFailure) -> Int {
        var removed = 0
        var folders: [(path: RawPath, record: Manifest.Record)] = []
        for (path, record) in surplus where !isOthers(path) && isMeant(path) {
            switch try removeOne(path, record, from: destination, .files) {
            case .removed: removed += 1
            case .otherKind: folders.append((path, record))
            case .kept: break
            }
        }
        for (path, record) in folders.sorted(by: { $0.path > $1.path }) {
            if try removeOne(path, record, from: destination, .folders) == .removed { removed += 1 }
        }
        return removed
    }

    private enum Kind {
        case files, folders
    }

    private enum Outcome {
        case removed, kept, otherKind
    }

    private func removeOne(
        _ path: RawPath, _ record: Manifest.Record, from destination: borrowing OwnedDescriptor, _ kind: Kind
    ) throws(CopyFailure) -> Outcome {
        do throws(SystemError) {
            return try remove(path, record, from: destination, kind)
        } catch  where error.isAbsence {
            return .kept
        } catch {
            throw CopyFailure.writing(path, error)
        }
    }

    private func isOthers(_ path: RawPath) -> Bool {
        others.contains { path == $0 || path.isBelow($0) }
    }

    private func remove(
        _ path: RawPath, _ record: Manifest.Record, from destination: borrowing OwnedDescriptor, _ kind: Kind
    ) throws(SystemError) -> Outcome {
        let parent = try folder(path.parent, in: destination)
        let entry = try parent.entry(of: path.lastComponent)
        guard try entry.device == parent.entry().device, try parent.entry().device == destination.entry().device else {
            return .kept
        }
        guard (entry.kind == .folder) == (kind == .folders) else { return .otherKind }
        // Somebody has written into it since: that is not ours to throw away.
        if entry.kind == .file && (entry.size != record.size || entry.modified != record.modified) { return .kept }
        do throws(SystemError) {
            try parent.remove(path.lastComponent, isFolder: entry.kind == .folder)
            return .removed
        } catch  where error.isOccupied {
            // Somebody else's files are in it.
            return .kept
        }
    }
}
