import Plan
import Platform

/// The folders of a destination: made before anything is put into them, and given their own modes and times at the end, which
/// the work inside of them would change.
struct CopyFolders: Sendable {
    let destination: SharedDescriptor
    let attributes: CopyAttributes

    /// A folder below the destination, reached through no link.
    func open(_ path: RawPath) throws(CopyFailure) -> OwnedDescriptor {
        do throws(SystemError) {
            return try .open(beneath: destination.file, path.isEmpty ? "." : path, FileFlags.folder)
        } catch {
            throw CopyFailure.writing(path, error)
        }
    }

    /// Makes what the items of the sources need.
    func make(for sources: [ListedSource]) throws(CopyFailure) {
        var made: Set<RawPath> = [".", ""]
        for source in sources {
            try source.folders.forEach { folder throws(CopyFailure) in
                // It gets its own mode at the end; until then nobody else looks into it.
                try make(folder.path, mode: folder.mode == nil ? 0o777 : 0o700, &made)
            }
        }
        // A list, and `include`, name files whose folders are not listed themselves; of objects that is the rule.
        for source in sources where !source.listing.namesEveryFolder {
            try source.items.forEach { item throws(CopyFailure) in try make(item.path.parent, mode: 0o777, &made) }
        }
    }

    /// To make a folder again does no harm, so that not all of them have to be remembered.
    private static let mostRemembered = 10_000

    private func make(_ path: RawPath, mode: UInt32, _ made: inout Set<RawPath>) throws(CopyFailure) {
        guard !made.contains(path) else { return }
        if made.count >= Self.mostRemembered { made = [".", ""] }
        made.insert(path)
        try make(path.parent, mode: mode, &made)
        let parent = try open(path.parent)
        do throws(SystemError) {
            let isNew = try parent.makeFolderUnlessThere(path.lastComponent, mode: mode)
            // What else stands there cannot be opened as a folder.
            let made = try OwnedDescriptor.open(path.lastComponent, in: parent, FileFlags.folder)
            if isNew, attributes.changesFolders {
                if attributes.owner != .ours { try made.setOwner(attributes.owner) }
                try made.setMode(attributes.folder(stored: mode))
            }
            let mode = try made.entry().mode
            // One that an earlier run has closed to writers is opened again until the end.
            if mode & 0o300 != 0o300 { try made.setMode(mode | 0o700) }
        } catch  where error.isAbsence {
            throw CopyFailure(
                .destinationDenied, "`\(path.text)`: something else stands where a folder belongs",
                hint: "remove it or move it away")
        } catch {
            throw CopyFailure.writing(path, error)
        }
    }

    /// Gives listed folders their modes and times, the innermost first. Those of a bucket have none.
    func finish(_ sources: [ListedSource], isRootOurs: Bool) throws(CopyFailure) {
        for source in sources.reversed() {
            try source.foldersReversed(reading: CopyFailure.listing) { item throws(CopyFailure) in
                guard item.mode != nil || attributes.changesFolders, item.path != "." || isRootOurs else { return }
                try finish(item)
            }
        }
    }

    private func finish(_ item: SourceItem) throws(CopyFailure) {
        let folder = try open(item.path)
        do throws(SystemError) {
            let entry = try folder.entry()
            let mode = attributes.folder(stored: item.mode)
            if attributes.owner.differs(from: entry) { try folder.setOwner(attributes.owner) }
            if entry.mode & 0o777 != mode { try folder.setMode(mode) }
            if item.mode != nil, entry.modified != item.modified { try folder.setModified(item.modified) }
        } catch {
            throw CopyFailure.writing(item.path, error)
        }
    }
}
