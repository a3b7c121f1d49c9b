import ObjectStore
import Platform
import Synchronization

/// What all open files of a mount share: store, memory, clock, and the table of files.
final class ReadingCore: Sendable {
    let origin: any ByteOrigin
    let memory: MemoryBudget
    let settings: ReadingSettings
    let folders: FolderAhead?
    let line = MemoryLine()
    let watch = ReadWatch()
    let pace = RequestPace()
    let streams = ActiveStreams()
    /// One read after another where the kernel asks for many at once: whoever reads in order waits for the first of them, and
    /// half of the processors are his.
    let atHand = Gate(Threads.processors / 2)
    private let files = Mutex(Files())
    private let tick = Atomic(0)
    private let lastRoom = Atomic(0)

    private struct Files {
        var byVersion: [FileVersion: SharedFile] = [:]
        var isClosed = false
    }

    init(
        _ origin: any ByteOrigin, _ memory: MemoryBudget, _ settings: ReadingSettings,
        _ neighbours: (any Neighbours)?
    ) {
        self.origin = origin
        self.memory = memory
        self.settings = settings
        folders = neighbours.map { FolderAhead($0) }
        memory.whenShort { [weak self] in self?.makeRoom() }
    }

    // MARK: Time

    /// Reads of the mount are counted: what has not been read for long is told by it.
    var nextTick: Int { tick.add(1, ordering: .relaxed).newValue }
    var ticks: Int { tick.load(ordering: .relaxed) }

    var deadline: Int { MonotonicTime.milliseconds + settings.timeout.milliseconds }

    func pause() async { await AlarmClock.shared.pause(milliseconds: settings.pause.milliseconds) }

    func reportTimeout(of key: ObjectKey, _ trouble: StoreError?) {
        if let trouble { return settings.onFailure(key, trouble.lasting(settings.timeout)) }
        let why = settings.trouble().map { ": \($0)" } ?? ""
        settings.onFailure(
            key, StoreError(.unreachable, "cannot read \(key.shown): no answer for \(settings.timeout)\(why)"))
    }

    // MARK: Files

    func open(_ file: FileVersion) -> SharedFile {
        let (shared, isClosed) = files.withLock { files in
            let shared = files.byVersion[file] ?? SharedFile(file, self)
            if !files.isClosed { files.byVersion[file] = shared }
            shared.opens.withLock { $0 += 1 }
            return (shared, files.isClosed)
        }
        if isClosed { shared.end(.inputOutput) }
        return shared
    }

    /// With the last handle goes all that was fetched.
    func close(_ file: SharedFile, _ reader: Reader) {
        streams.remove(reader)
        let isLast = files.withLock { files in
            let isLast = file.opens.withLock { opens in
                opens -= 1
                return opens == 0
            }
            if isLast, files.byVersion[file.file] === file { files.byVersion[file.file] = nil }
            return isLast
        }
        if isLast { file.end(.inputOutput) } else { file.remove(reader) }
        relieve()
    }

    enum Ahead {
        case begun(SharedFile)
        /// It is open, or on its way.
        case known
        /// There is no memory for it, or enough to do.
        case refused
    }

    /// Fetches a file that nobody has opened yet, whole in one part.
    func fetchAhead(_ file: FileVersion) -> Ahead {
        files.withLock { files in
            guard !files.isClosed, files.byVersion[file] == nil else { return .known }
            guard pace.load < settings.busy, let bytes = BlockMemory(ahead: file.size, of: memory) else {
                return .refused
            }
            let shared = SharedFile(file, self)
            shared.state.withLock { shared.begin(Part(0..<file.size, bytes), &$0) }
            files.byVersion[file] = shared
            return .begun(shared)
        }
    }

    /// Ends a file that nobody has opened.
    func dropUnopened(_ file: SharedFile) {
        let isUnopened = files.withLock { files in
            guard file.opens.withLock({ $0 == 0 }), files.byVersion[file.file] === file else { return false }
            files.byVersion[file.file] = nil
            return true
        }
        if isUnopened { file.end(.inputOutput) }
    }

    /// Whoever opens this version from now on finds out for himself.
    func forget(_ file: SharedFile) {
        files.withLock { files in
            if files.byVersion[file.file] === file { files.byVersion[file.file] = nil }
        }
    }

    var openFiles: [SharedFile] { files.withLock { Array($0.byVersion.values) } }

    func close() {
        let open = files.withLock { files in
            files.isClosed = true
            defer { files.byVersion = [:] }
            return Array(files.byVersion.values)
        }
        for file in open { file.end(.inputOutput) }
        line.end()
    }

    // MARK: Memory

    /// There is enough to keep what only somebody far behind may want.
    var hasPlenty: Bool { memory.used <= memory.total / 2 }

    /// After something has come or gone: what is there may be given away now.
    func relieve() { if memory.waiting > 0 { makeRoom() } }

    /// Somebody waits for memory. Some more than that is freed, so that the next does not have to wait as well.
    private func makeRoom() {
        let candidates = candidates().sorted { $0.distance > $1.distance }
        var freed = 0
        for candidate in candidates where memory.waiting > 0 || freed < memory.total / 8 {
            if candidate.file.drop(candidate.part, evenIfComing: false) { freed += candidate.part.range.count }
        }
        for candidate in candidates where memory.waiting > 0 {
            _ = candidate.file.drop(candidate.part, evenIfComing: true)
        }
    }

    /// Somebody who reads in order could not fetch ahead: then those go who have not gone on for long. Not at every read.
    func makeRoomForReaders() {
        let now = ticks
        let last = lastRoom.load(ordering: .relaxed)
        guard now - last >= Self.weakAge,
            lastRoom.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
        else { return }
        var freed = 0
        for candidate in candidates().sorted(by: { $0.distance > $1.distance })
        where candidate.age > (candidate.isWeak ? Self.weakAge : Self.strongAge) && freed < memory.total / 4 {
            if candidate.file.drop(candidate.part, evenIfComing: false) { freed += candidate.part.range.count }
        }
    }

    private static let weakAge = 16
    private static let strongAge = 256

    private func candidates() -> [SharedFile.Candidate] {
        let now = ticks
        return openFiles.flatMap { $0.candidates(at: now) }
    }

    /// Nobody has read anything for a while. False when there was nothing to drop and nothing is on its way that could be later.
    func dropIdle() -> Bool {
        var isLeft = pace.load > 0
        for file in openFiles {
            if file.dropIdle() { isLeft = true }
            dropUnopened(file)
        }
        memory.freeIdle()
        origin.rest()
        return isLeft
    }
}
