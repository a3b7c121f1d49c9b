import Plan
import Platform

/// Copies one item from an open folder of the source into an open folder of the destination.
struct FileCopier: Sendable {
    let progress: CopyProgress
    let manifest: Manifest
    let modes: CopyModes
    /// Nothing was there before us, so nothing has to be looked at.
    let isFresh: Bool

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
            if item.isInPlace(entry), try linkIsInPlace(item, name, in: destination) {
                try mendMode(item, entry, name, in: destination)
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

    /// The bytes are in place; permission bits that have changed since do not move them again.
    private func mendMode(
        _ item: SourceItem, _ entry: FileEntry, _ name: RawPath, in folder: borrowing OwnedDescriptor
    ) throws(CopyFailure) {
        let mode = modes.file(stored: item.mode)
        guard entry.kind == .file, entry.mode & 0o777 != mode else { return }
        do throws(SystemError) {
            try OwnedDescriptor.open(name, in: folder, FileFlags.readWithoutWaiting).setMode(mode)
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
            let mode = modes.file(stored: entry.mode)
            let target = try OwnedDescriptor.open(temporary, in: staged.file, FileFlags.create, mode: mode)
            let count = try WholeFileCopy.copy(
                from: file, to: target, expected: entry.size, progress: progress.count(bytes:),
                isCancelled: { progress.isCancelled })
            if mode & modes.umask != 0 { try target.setMode(mode) }
            try target.setModified(entry.modified)
            try target.closeChecked()
            return count
        } catch {
            try? staged.file.remove(temporary)
            throw CopyFailure.writing(item.path, error)
        }
    }
}

/// Permission bits of what is made: those of the source, unless the task says otherwise.
struct CopyModes: Sendable {
    var file: UInt32?
    var folder: UInt32?
    /// What the process takes away from the bits it asks for.
    var umask: UInt32

    func file(stored: UInt32) -> UInt32 { file ?? stored & 0o777 }
    func folder(stored: UInt32) -> UInt32 { folder ?? stored & 0o777 }
}
