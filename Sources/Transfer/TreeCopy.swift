import Plan
import Platform
import Synchronization

/// The work on a tree: folders first, then the files of each folder by several threads, then the folders' own modes and
/// times, which the work inside of them would change.
struct TreeCopy: Sendable {
    let sources: [ListedSource]
    let copier: FileCopier
    let destination: SharedDescriptor
    let staging: Staging
    let threads: Int

    struct Found: Sendable {
        var failure: CopyFailure?
        var edits = 0
    }

    /// Files of one folder, few enough that the threads end together.
    private struct Batch: Sendable {
        let source: Int
        let items: [SourceItem]
    }

    private static let batchSize = 64

    func run() -> Found {
        let found = Mutex(Found())
        do throws(CopyFailure) {
            try makeFolders()
            let roots = try openSources()
            let batches = self.batches
            let next = Atomic(0)
            Threads.run(min(threads, batches.count)) {
                while true {
                    let index = next.add(1, ordering: .relaxed).oldValue
                    guard index < batches.count, found.withLock({ $0.failure == nil }) else { return }
                    do throws(CopyFailure) {
                        try copy(batches[index], from: roots[batches[index].source]) {
                            found.withLock { $0.edits += 1 }
                        }
                    } catch {
                        // The first failure ends the copy: what follows would most likely fail alike.
                        let failure = error
                        found.withLock { $0.failure = $0.failure ?? failure }
                    }
                }
            }
        } catch {
            found.withLock { $0.failure = error }
        }
        return found.withLock { $0 }
    }

    private var batches: [Batch] {
        sources.enumerated().flatMap { index, source in
            let files = source.listing.items.filter { $0.content != .folder }
            return Dictionary(grouping: files, by: \.path.parent).sorted { $0.key < $1.key }.flatMap { _, items in
                stride(from: 0, to: items.count, by: Self.batchSize).map { start in
                    Batch(source: index, items: Array(items[start..<min(start + Self.batchSize, items.count)]))
                }
            }
        }
    }

    private func openSources() throws(CopyFailure) -> [SharedDescriptor] {
        var roots: [SharedDescriptor] = []
        for source in sources {
            do throws(SystemError) {
                roots.append(SharedDescriptor(try .open(source.folder, FileFlags.folder)))
            } catch {
                throw CopyFailure.reading(source.folder, error)
            }
        }
        return roots
    }

    private func copy(_ batch: Batch, from root: SharedDescriptor, edited: () -> Void) throws(CopyFailure) {
        let source = try folder(batch.items[0].sourcePath.parent, below: root, orElse: CopyFailure.reading)
        let target = try folder(batch.items[0].path.parent, below: destination, orElse: CopyFailure.writing)
        for item in batch.items {
            guard !copier.progress.isCancelled else { throw CopyFailure(.cancelled, "the copy was stopped") }
            switch try copier.copy(item, from: source, to: target, staging: staging, edited: edited) {
            case .copied: copier.progress.countDone()
            case .inPlace: copier.progress.countSkipped()
            }
        }
    }

    private func folder(
        _ path: RawPath, below root: SharedDescriptor, orElse failure: (RawPath, SystemError) -> CopyFailure
    ) throws(CopyFailure) -> OwnedDescriptor {
        do throws(SystemError) {
            return try .open(beneath: root.file, path.isEmpty ? "." : path, FileFlags.folder)
        } catch {
            throw failure(path, error)
        }
    }

    // MARK: Folders

    private var folders: [SourceItem] { sources.flatMap(\.listing.items).filter { $0.content == .folder } }

    /// A list, and `include`, name files whose folders are not listed themselves.
    private func makeFolders() throws(CopyFailure) {
        var made: Set<RawPath> = [".", ""]
        for item in sources.lazy.flatMap(\.listing.items) {
            // One that is listed gets its own mode at the end; until then nobody else looks into it.
            let isListed = item.content == .folder
            try makeFolder(isListed ? item.path : item.path.parent, mode: isListed ? 0o700 : 0o777, &made)
        }
    }

    private func makeFolder(_ path: RawPath, mode: UInt32, _ made: inout Set<RawPath>) throws(CopyFailure) {
        guard made.insert(path).inserted else { return }
        try makeFolder(path.parent, mode: mode, &made)
        let parent = try folder(path.parent, below: destination, orElse: CopyFailure.writing)
        do throws(SystemError) {
            try parent.makeFolderUnlessThere(path.lastComponent, mode: mode)
            // What else stands there cannot be opened as a folder.
            let made = try OwnedDescriptor.open(path.lastComponent, in: parent, FileFlags.folder)
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

    /// Gives the folders their modes and times, the innermost first.
    func finishFolders(isRootOurs: Bool) throws(CopyFailure) {
        for item in folders.reversed() where item.path != "." || isRootOurs {
            let folder = try folder(item.path, below: destination, orElse: CopyFailure.writing)
            do throws(SystemError) {
                let entry = try folder.entry()
                let mode = copier.attributes.folder(stored: item.mode)
                if copier.attributes.owner.differs(from: entry) { try folder.setOwner(copier.attributes.owner) }
                if entry.mode & 0o777 != mode { try folder.setMode(mode) }
                if entry.modified != item.modified { try folder.setModified(item.modified) }
            } catch {
                throw CopyFailure.writing(item.path, error)
            }
        }
    }
}
