import Plan
import Platform

/// Decides about what stands at an item's place, and puts there what has been made ready.
struct ItemPlacing: Sendable {
    let manifest: Manifest
    let attributes: CopyAttributes
    /// Nothing was there before us, so nothing has to be looked at.
    let isFresh: Bool
    /// What is in place is copied again.
    let isForced: Bool

    enum Place {
        case isInPlace
        case isFree
        /// Something of ours that somebody has changed will be replaced.
        case isEdited
    }

    /// What to do with an item. Attributes of what is in place are mended: that moves no bytes.
    func look(_ item: SourceItem, in folder: borrowing OwnedDescriptor) throws(CopyFailure) -> Place {
        guard !isFresh, let entry = try entry(item, in: folder) else { return .isFree }
        if !isForced, item.isInPlace(entry), manifest.holds(item), try linkIsInPlace(item, in: folder) {
            try mendAttributes(item, entry, in: folder)
            return .isInPlace
        }
        guard entry.kind != .folder else {
            throw CopyFailure(
                .destinationDenied, "`\(item.path.text)`: a folder stands where a file belongs",
                hint: "remove it or move it away")
        }
        return manifest.isEdited(item.path, entry) ? .isEdited : .isFree
    }

    private func entry(_ item: SourceItem, in folder: borrowing OwnedDescriptor) throws(CopyFailure) -> FileEntry? {
        do throws(SystemError) {
            return try folder.entryIfAny(of: item.path.lastComponent)
        } catch {
            throw CopyFailure.writing(item.path, error)
        }
    }

    private func linkIsInPlace(
        _ item: SourceItem, in folder: borrowing OwnedDescriptor
    ) throws(CopyFailure) -> Bool {
        guard case .link(let target) = item.content else { return true }
        do throws(SystemError) {
            return try folder.target(ofLink: item.path.lastComponent) == target
        } catch {
            throw CopyFailure.writing(item.path, error)
        }
    }

    private func mendAttributes(
        _ item: SourceItem, _ entry: FileEntry, in folder: borrowing OwnedDescriptor
    ) throws(CopyFailure) {
        let name = item.path.lastComponent
        let mode = attributes.file(stored: item.mode)
        let needsMode = entry.kind == .file && entry.mode & 0o777 != mode
        guard needsMode || attributes.owner.differs(from: entry) else { return }
        do throws(SystemError) {
            if entry.kind == .link { return try folder.setOwner(ofLink: name, attributes.owner) }
            let file = try OwnedDescriptor.open(name, in: folder, FileFlags.readWithoutWaiting)
            if attributes.owner.differs(from: entry) { try file.setOwner(attributes.owner) }
            if needsMode { try file.setMode(mode) }
        } catch {
            throw CopyFailure.writing(item.path, error)
        }
    }

    // MARK: Putting

    /// Gives an open file that was made with these permission bits its owner, bits and time.
    func finish(
        _ file: borrowing OwnedDescriptor, mode: UInt32, modified: FileTime
    ) throws(SystemError) {
        if attributes.owner != .ours { try file.setOwner(attributes.owner) }
        if mode & attributes.umask != 0 { try file.setMode(mode) }
        try file.setModified(modified)
    }

    /// Moves what was made ready to its place, in one step.
    func put(
        _ temporary: RawPath, from staging: SharedDescriptor, _ item: SourceItem, in folder: borrowing OwnedDescriptor
    ) throws(CopyFailure) {
        do throws(SystemError) {
            try staging.file.rename(temporary, to: item.path.lastComponent, in: folder)
        } catch {
            try? staging.file.remove(temporary)
            throw CopyFailure.writing(item.path, error)
        }
    }
}
