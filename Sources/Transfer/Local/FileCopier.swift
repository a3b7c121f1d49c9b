import Plan
import Platform

/// Copies one item from an open folder of the source into an open folder of the destination.
struct FileCopier: Sendable {
    let progress: CopyProgress
    let placing: ItemPlacing
    private let naming: NewFile.Naming

    init(progress: CopyProgress, placing: ItemPlacing) {
        self.progress = progress
        self.placing = placing
        naming = NewFile.Naming(placing)
    }

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
        switch try placing.look(item, in: destination) {
        case .isInPlace: return .inPlace
        case .isEdited: edited()
        case .isFree: break
        }
        if case .link(let target) = item.content {
            try makeLink(to: target, item, destination, staging)
        } else {
            try copyFile(item, from: source, to: destination, staging)
        }
        return .copied
    }

    private func makeLink(
        to target: RawPath, _ item: SourceItem, _ destination: borrowing OwnedDescriptor,
        _ staging: Staging
    ) throws(CopyFailure) {
        let temporary = staging.nextName()
        let staged = try staging.folder()
        do throws(SystemError) {
            try staged.file.makeLink(temporary, to: target)
            let owner = placing.attributes.owner
            if owner != .ours { try staged.file.setOwner(ofLink: temporary, owner) }
            try staged.file.setModified(ofLink: temporary, item.modified)
        } catch {
            throw CopyFailure.writing(item.path, error)
        }
        try placing.put(temporary, from: staged, item, in: destination)
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
        for _ in 0..<Self.attempts {
            let before = try look(at: file, item)
            let mode = placing.attributes.file(stored: before.mode)
            let made = try NewFile(in: destination, staging, naming, mode: mode, item.path)
            let copied: Int
            let after: FileEntry
            do throws(CopyFailure) {
                copied = try fill(made.file.file, from: file, before, mode: mode, item)
                after = try look(at: file, item)
            } catch {
                made.discard(staging)
                throw error
            }
            // Who writes may set the time of that back, but not the time of the change.
            guard copied == before.size, after.size == before.size, after.modified == before.modified,
                after.changed == before.changed
            else {
                made.discard(staging)
                continue
            }
            return try made.put(item, in: destination, staging, placing)
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

    /// Writes the content, with mode and time; how many bytes that were.
    private func fill(
        _ target: borrowing OwnedDescriptor, from file: borrowing OwnedDescriptor, _ entry: FileEntry, mode: UInt32,
        _ item: SourceItem
    ) throws(CopyFailure) -> Int {
        var done = 0
        do throws(SystemError) {
            let count = try WholeFileCopy.copy(
                from: file, to: target, expected: entry.size,
                progress: { count in
                    done += count
                    progress.count(bytes: count)
                }, isCancelled: { progress.isCancelled })
            try placing.finish(target, mode: mode, modified: entry.modified)
            return count
        } catch {
            // The kernel's own copy does not say which side has failed. The source's would fail again.
            if !error.isCancellation { try checkReadable(file, at: done, item) }
            throw CopyFailure.writing(item.path, error)
        }
    }

    private func checkReadable(
        _ file: borrowing OwnedDescriptor, at offset: Int, _ item: SourceItem
    ) throws(CopyFailure) {
        var byte: UInt8 = 0
        let failure = withUnsafeMutableBytes(of: &byte) { bytes -> SystemError? in
            do throws(SystemError) {
                _ = try file.read(into: bytes, at: offset)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw CopyFailure.reading(item.sourcePath, failure) }
    }
}
