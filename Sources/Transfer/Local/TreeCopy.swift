import Plan
import Platform
import Synchronization

/// Copies the files and links of local sources into folders that are there already, by several threads.
struct TreeCopy: Sendable {
    let sources: [LocalSource]
    let copier: FileCopier
    let destination: CopyFolders
    let staging: Staging
    let threads: Int
    let gate: Gate

    struct LocalSource: Sendable {
        let folder: RawPath
        let listed: ListedSource
    }

    /// Files of one folder, few enough that the threads end together.
    private struct Batch: Sendable {
        let source: Int
        let items: [SourceItem]
    }

    private static let batchSize = 64

    func run() -> CopyFindings {
        let found = Mutex(CopyFindings())
        do throws(CopyFailure) {
            let roots = try openSources()
            let batches = try batches()
            let next = Atomic(0)
            Threads.run(min(threads, batches.count)) {
                while true {
                    let index = next.add(1, ordering: .relaxed).oldValue
                    guard index < batches.count, found.withLock({ $0.failure == nil }) else { return }
                    do throws(CopyFailure) {
                        try gate.passWaiting { () throws(CopyFailure) in
                            try copy(batches[index], from: roots[batches[index].source]) {
                                found.withLock { $0.edits += 1 }
                            }
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

    private func batches() throws(CopyFailure) -> [Batch] {
        var batches: [Batch] = []
        for (index, source) in sources.enumerated() {
            var files: [SourceItem] = []
            try source.listed.items.forEach { item throws(CopyFailure) in
                if item.content != .folder { files.append(item) }
            }
            batches += Dictionary(grouping: files, by: \.path.parent).sorted { $0.key < $1.key }.flatMap { _, items in
                stride(from: 0, to: items.count, by: Self.batchSize).map { start in
                    Batch(source: index, items: Array(items[start..<min(start + Self.batchSize, items.count)]))
                }
            }
        }
        return batches
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
        let source = try folder(batch.items[0].sourcePath.parent, below: root)
        let target = try destination.open(batch.items[0].path.parent)
        for item in batch.items {
            guard !copier.progress.isCancelled else { throw CopyFailure(.cancelled, "the copy was stopped") }
            switch try copier.copy(item, from: source, to: target, staging: staging, edited: edited) {
            case .copied: copier.progress.countDone()
            case .inPlace: copier.progress.countSkipped()
            }
        }
    }

    private func folder(_ path: RawPath, below root: SharedDescriptor) throws(CopyFailure) -> OwnedDescriptor {
        do throws(SystemError) {
            return try .open(beneath: root.file, path.isEmpty ? "." : path, FileFlags.folder)
        } catch {
            throw CopyFailure.reading(path, error)
        }
    }
}
