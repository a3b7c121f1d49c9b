import ObjectStore
import Platform
import Synchronization

/// One version of an object, for all who have it open: what of it is there or on its way, and who waits for it.
///
/// The file is cut into parts, each fetched by one request. Parts never overlap, and a read that finds its bytes in one waits
/// for that one, so nothing is fetched by two at the same time. What a read needs is decided under the lock (`State`); requests
/// are begun and reads answered after it.
final class SharedFile: Sendable {
    let file: FileVersion
    let core: ReadingCore
    let state = Mutex(State())
    /// Handles, counted by the table of files under its lock.
    let opens = Mutex(0)

    struct State {
        var parts = PartList()
        var readers: [Reader] = []
        /// Every read fails with it from now on.
        var end: SystemError?
        /// Of a file without a version: the one that the first answer was of.
        var pinned: ObjectVersion?
        /// Why the store was asked again, the last time.
        var trouble: StoreError?
        /// What a read has waited for in vain a moment ago: the kernel asks once more for it, page by page, and the program
        /// would wait as long again.
        var overdue: (range: Range<Int>, until: Int)?
        /// Nothing of it has come.
        var isNew = true
        /// Of a large file that somebody reads from its beginning.
        var check: WholeCheck?
        /// Reads of the last bytes that wait for it, settled; when it has come out wrong, all.
        var held: [PendingRead] = []
        /// It has come out wrong, and what is kept of the file is being forgotten.
        var isBeingRefused = false
    }

    init(_ file: FileVersion, _ core: ReadingCore) {
        self.file = file
        self.core = core
    }

    /// Nothing more is read of it.
    var hasEnded: Bool { state.withLock { $0.end != nil } }

    /// Small files are fetched whole.
    var isSmall: Bool { file.size <= core.settings.smallFile }

    // MARK: Handles

    func add(_ reader: Reader) { state.withLock { $0.readers.append(reader) } }

    /// What only this one wanted goes.
    func remove(_ reader: Reader) {
        let gone = state.withLock { state in
            state.readers.removeAll { $0 === reader }
            return state.parts.parts.filter { part in
                part.waiting.isEmpty && !state.isNeeded(part, by: self) && state.take(part)
            }
        }
        // To free memory takes a while.
        withExtendedLifetime(gone) {}
        letGo()
    }

    /// Nothing more is read; who waits gets the error.
    func end(_ error: SystemError) {
        let waiting = state.withLock { state in
            state.end = state.end ?? error
            state.check = nil
            return state.takeAll() + state.takeHeld()
        }
        for read in waiting { read.fail(error) }
    }

    // MARK: Parts

    /// Puts a part into the file and begins its request.
    func begin(_ part: Part, _ state: inout State) {
        state.parts.insert(part)
        part.task = Task(executorPreference: core.settings.threads) { await self.fetch(part) }
    }
}

extension SharedFile.State {
    /// Takes a part out of the file. Its request ends before another one for the same bytes can begin: so that is done here,
    /// under the lock, which no store's cancellation takes.
    @discardableResult
    mutating func take(_ part: Part) -> Bool {
        guard parts.remove(part) else { return false }
        part.isGone = true
        if !part.isComplete { part.task?.cancel() }
        return true
    }

    /// Takes everything out. Returns the reads that waited, settled.
    mutating func takeAll() -> [PendingRead] {
        parts.parts.flatMap { part in
            take(part)
            return part.takeWaiting()
        }
    }

    /// Whether the part is there for somebody who has not come to it yet.
    func isNeeded(_ part: Part, by file: SharedFile) -> Bool {
        if file.isSmall {
            let whole = 0..<file.file.size
            return readers.contains { reader in !reader.runs.runs.contains { $0.range == whole } }
        }
        for reader in readers {
            for run in reader.runs.runs where run.isStream && run.range.upperBound < part.range.upperBound {
                if part.range.lowerBound <= run.issued || file.core.hasPlenty { return true }
            }
        }
        return false
    }
}

extension Part {
    /// The reads that wait here and nobody has settled, settled now.
    func takeWaiting() -> [PendingRead] {
        defer { waiting = [] }
        return waiting.filter { read in
            defer { read.isSettled = true }
            return !read.isSettled
        }
    }
}
