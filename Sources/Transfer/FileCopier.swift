import Plan
import Platform

/// Copies one item from an open folder of the source into an open folder of the destination.
struct FileCopier: Sendable {
    let progress: CopyProgress
    let manifest: Manifest
    let attributes: CopyAttributes
    /// Nothing was there before us, so nothing has to be looked at.
    let isFresh: Bool
    /// What is in place is copied again.
    var isForced = false

    enum Outcome {
        case copied
        case inPlace
    }

    /// Attempts at a file that changes while it is read.
    private static let attempts = 3

    func copy(
        _ item: SourceItem, from source: borrowing OwnedDescriptor, to destination: borrowing OwnedDescriptor,
        staging: Staging, edited: () -> Void
    ) throws(CopyFailure) -> Outcome {
        let name = item.path.lastComponent
        if !isFresh, let entry = try entry(of: name, in: destination, item) {
            if !isForced, item.isInPlace(entry), try linkIsInPlace(item, name, in: destination) {
                try mendAttributes(item, entry, name, in: destination)
                return .inPlace
            }
            guard entry.kind != .folder else {
                throw CopyFailure(
                    .destinationDenied, "`\(item.path.text)`: a folder stands where a file belongs",
                    hint: "remove it or move it away")
            }
            if manifest.isEdited(item.path, entry) { edited() }
        }
        if case .link(let target) = item.content {
            try makeLink(to: target, item, destination, staging)
        } else {
            try copyFile(item, from: source, to: destination, staging)
        }
        return .copied
    }

    private func entry(
        of name: RawPath, in folder: borrowing OwnedDescriptor, _ item: SourceItem
    ) throws(CopyFailure) -> FileEntry? {
        do throws(SystemError) {
            return try folder.entryIfAny(of: name)
        } catch {
            throw CopyFailure.writing(item.path, error)
        }
    }

    /// The bytes are in place; permission bits and owners that have changed since do not move them again.
    private func mendAttributes(
        _ item: SourceItem, _ entry: FileEntry, _ name: RawPath, in folder: borrowing OwnedDescriptor
    ) throws(CopyFailure) {
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

    private func linkIsInPlace(
        _ item: SourceItem, _ name: RawPath, in folder: borrowing OwnedDescriptor
    ) throws(CopyFailure) -> Bool {
        guard case .link(let target) = item.content else { return true }
        do throws(SystemError) {
            return try folder.target(ofLink: name) == target
        } catch {
            throw CopyFailure.writing(item.path, error)
        }
    }

    private func makeLink(
        to target: RawPath, _ item: SourceItem, _ destination: borrowing OwnedDescriptor,
        _ staging: Staging
    ) throws(CopyFailure) {
        let temporary = staging.nextName()
        let staged = try staging.folder()
        do throws(SystemError) {
            try staged.file.makeLink(temporary, to: target)
            if attributes.owner != .ours { try staged.file.setOwner(ofLink: temporary, attributes.owner) }
            try staged.file.setModified(ofLink: temporary, item.modified)
            try staged.file.rename(temporary, to: item.path.lastComponent, in: destination)
        } catch {
            throw CopyFailure.writing(item.path, error)
        }
    }

    // MARK: Files

    private func copyFile(
        _ item: SourceItem, from source: borrowing OwnedDescriptor, to destination: borrowing OwnedDescriptor,
        _ staging: Staging
    ) throws(CopyFailure) {
        let file: OwnedDescriptor
        do throws(SystemError) {
            file = try .open(item.sourcePath.lastComponent, in: source, FileFlags.readWithoutWaiting)
        } catch {
            throw CopyFailure.reading(item.sourcePath, error)
        }
        let staged = try staging.folder()
        for _ in 0..<Self.attempts {
            let before = try look(at: file, item)
            let temporary = staging.nextName()
            let copied = try stage(file, before, item, as: temporary, in: staged)
            let after = try look(at: file, item)
            guard copied == before.size, after.size == before.size, after.modified == before.modified else {
                try? staged.file.remove(temporary)
                continue
            }
            do throws(SystemError) {
                try staged.file.rename(temporary, to: item.path.lastComponent, in: destination)
            } catch {
                try? staged.file.remove(temporary)
                throw CopyFailure.writing(item.path, error)
            }
            return
        }
        throw CopyFailure(
            .sourceChanged, "`\(item.sourcePath.text)` changes while it is copied",
            hint: "run again when nobody writes to it")
    }

    private func look(at file: borrowing OwnedDescriptor, _ item: SourceItem) throws(CopyFailure) -> FileEntry {
        do throws(SystemError) {
            let entry = try file.entry()
            guard entry.kind == .file else { throw SystemError.notThere }
            return entry
        } catch {
            throw CopyFailure.reading(item.sourcePath, error)
        }
    }

    /// Writes the content under a temporary name, with mode and time; how many bytes that were.
    private func stage(
        _ file: borrowing OwnedDescriptor, _ entry: FileEntry, _ item: SourceItem, as temporary: RawPath,
        in staged: SharedDescriptor
    ) throws(CopyFailure) -> Int {
        do throws(SystemError) {
            let mode = attributes.file(stored: entry.mode)
            let target = try OwnedDescriptor.open(temporary, in: staged.file, FileFlags.create, mode: mode)
            let count = try WholeFileCopy.copy(
                from: file, to: target, expected: entry.size, progress: progress.count(bytes:),
                isCancelled: { progress.isCancelled })
            if attributes.owner != .ours { try target.setOwner(attributes.owner) }
            if mode & attributes.umask != 0 { try target.setMode(mode) }
            try target.setModified(entry.modified)
            try target.closeChecked()
            return count
        } catch {
            try? staged.file.remove(temporary)
            throw CopyFailure.writing(item.path, error)
        }
    }
}
