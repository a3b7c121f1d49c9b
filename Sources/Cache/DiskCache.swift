public import Platform
import Synchronization

/// Bytes of objects on a disk of this machine, for all mounts, tasks and runs of this user that read the same.
///
/// It is never in the way: what cannot be read or kept here is as if there were no cache, and the reason is told once. Only
/// `open` and what an open object offers wait for the disk.
public final class DiskCache: Sendable {
    public struct Settings: Sendable {
        public var folder: RawPath
        /// Nothing: those that were stated last.
        public var limits: CacheLimits?
        /// On which is written and removed.
        public var threads: WorkThreads
        /// How many bytes may wait to be written.
        public var memory = 64 << 20
        /// Lines for the log: that the disk is full, that something was damaged.
        public var report: @Sendable (String) -> Void = { _ in }

        public init(folder: RawPath, limits: CacheLimits?, threads: WorkThreads) {
            self.folder = folder
            self.limits = limits
            self.threads = threads
        }
    }

    private struct State {
        /// Open for who reads next, with when they were last asked for.
        var open: [CachedVersion: (object: CachedObject, tick: Int)] = [:]
        var ticks = 0
        /// What was whole, and checked, when it was closed.
        var whole: [CachedVersion: CachedObject.Content] = [:]
        /// What all processes have told of; nothing while it is not known.
        var total: Int?
        /// What this one has written since.
        var untold = 0
        var isSweeping = false
        /// When it is to be looked after without need, in milliseconds.
        var nextSweep = 0
        var awaitSweep: [CheckedContinuation<Void, Never>] = []
        /// Nothing more is written until then, in milliseconds.
        var pausedUntil = 0
        /// Told last, and when.
        var trouble: (text: String, time: Int)?
    }

    private let settings: Settings
    private let folder: CacheFolder
    private let limits: CacheLimits
    /// What is written before it is counted in for all who use the folder.
    private let step: Int
    private let writing: WriteBehind
    private let state = Mutex(State())

    /// Each open object takes two descriptors.
    private static let openObjects = 64
    private static let wholeObjects = 16 << 10
    /// While nothing can be removed.
    private static let pause = 10_000
    private static let shortPause = 100
    /// Without need it is looked after so often.
    private static let usualSweep = 3_600_000

    public init(_ settings: Settings) throws(CacheFailure) {
        self.settings = settings
        folder = try CacheFolder(settings.folder)
        limits = settings.limits ?? CacheSettings(of: folder).limits
        writing = WriteBehind(limit: settings.memory, on: settings.threads)
        let room = try? folder.now().file.room()
        step = min(limits.step, max(Block.size, (room?.total ?? .max) / 256))
        do throws(SystemError) {
            if let stated = settings.limits { try CacheSettings(stated).write(to: folder) }
            try begin()
        } catch  where error.isLackOfRoom {
            // There may be some later.
        } catch {
            throw CacheFailure(settings.folder, error.description)
        }
    }

    /// Finds out how much there is, and has it looked after where nobody has for long.
    private func begin() throws(SystemError) {
        let use = CacheUse(folder: folder)
        var total = try use.add(0)
        if total == nil, try folder.isEmpty() {
            try use.set(0)
            total = 0
        }
        let sweptAgo = Timestamp.secondsNow - (try folder.shared("sweep").entry().modified.seconds)
        state.withLock { [sweepInterval] state in
            state.total = total
            state.nextSweep = MonotonicTime.milliseconds + sweepInterval
        }
        if total ?? .max > limits.size || sweptAgo * 1000 > sweepInterval { sweep() }
    }

    private var sweepInterval: Int {
        min(Self.usualSweep, max((limits.maxAge?.milliseconds ?? .max) / 4, Self.pause))
    }

    /// Throws when a folder could not be a cache, without changing anything; says whether its disk has room for more.
    public static func hasRoom(inFolderAt path: RawPath) throws(CacheFailure) -> Bool {
        let room = try CacheFolder.check(path)
        return room.bytes > CacheLimits.reserve(of: room)
    }

    // MARK: Reading

    /// What there is of a version, and where more of it can be kept; nothing when the folder cannot be used now.
    public func open(_ version: CachedVersion) -> CachedObject? {
        if let object = recent(version) { return object }
        do throws(SystemError) {
            guard let (object, isNew) = try folder.open(version, limits) else { return nil }
            if isNew { state.withLock { $0.untold += Block.size } }
            if let content = state.withLock({ $0.whole[version] }) { object.goOn(from: content) }
            return remember(object)
        } catch {
            note(error)
            return nil
        }
    }

    /// The same without waiting: only what is open already.
    public func recent(_ version: CachedVersion) -> CachedObject? {
        state.withLock { state in
            state.ticks += 1
            state.open[version]?.tick = state.ticks
            return state.open[version]?.object
        }
    }

    private func remember(_ object: CachedObject) -> CachedObject {
        let (kept, gone) = state.withLock { state -> (CachedObject, CachedObject?) in
            if let other = state.open[object.version]?.object { return (other, object) }
            state.ticks += 1
            state.open[object.version] = (object, state.ticks)
            guard state.open.count > Self.openObjects,
                let oldest = state.open.min(by: { $0.value.tick < $1.value.tick })
            else { return (object, nil) }
            state.open[oldest.key] = nil
            return (object, oldest.value.object)
        }
        // Files are closed when the lock is not held.
        if let gone { noteWhole(gone) }
        return kept
    }

    /// It is about to be closed.
    private func noteWhole(_ object: CachedObject) {
        guard let content = object.wholeContent else { return }
        state.withLock { state in
            if state.whole.count >= Self.wholeObjects { state.whole = [:] }
            state.whole[object.version] = content
        }
    }

    /// Something was not as it was written, and has been forgotten.
    public func noteDamage(of object: CachedObject) {
        tell("something of \(object.version.shown) was damaged; it is fetched again")
    }

    /// What was kept of a version has turned out not to be what that is. Others who have it open fetch it anew as well.
    public func forget(_ version: CachedVersion) {
        let object = open(version)
        state.withLock { state in
            state.open[version] = nil
            state.whole[version] = nil
        }
        do throws(SystemError) { try folder.remove(version) } catch { note(error) }
        do throws(SystemError) { try object?.forget() } catch { note(error) }
    }

    /// A call on an open object failed. The disk may be full.
    public func note(_ error: SystemError) {
        if error.isLackOfRoom {
            sweep(atLeast: state.withLock { max(Block.size, (($0.total ?? 0) + $0.untold) / 10) })
        } else {
            tell("it cannot be used: \(error.description); reads go on without it")
        }
    }

    // MARK: Keeping

    /// Keeps what was fetched, some time later, unless it cannot. The bytes are valid, and left alone, as long as there is the
    /// owner.
    public func keep(
        _ range: Range<Int>, of object: CachedObject, _ bytes: UnsafeRawBufferPointer,
        ownedBy owner: any AnyObject & Sendable
    ) {
        guard hasRoom(for: range.count + writing.bytes) else { return sweep() }
        writing.add(.init(object: object, range: range, bytes: bytes, owner: owner)) { self.write($0) }
    }

    private func hasRoom(for count: Int) -> Bool {
        state.withLock { state in
            guard let total = state.total, MonotonicTime.milliseconds >= state.pausedUntil else { return false }
            return total + state.untold + count <= limits.size
        }
    }

    /// Without a piece nothing is left to write for now.
    private func write(_ piece: WriteBehind.Piece?) {
        guard let piece else { return tellUse() }
        do throws(SystemError) {
            count(try piece.object.keep(piece.range, piece.bytes))
            state.withLock { $0.trouble?.text = "" }
        } catch {
            note(error)
        }
    }

    /// Counts in what was written.
    private func count(_ bytes: Int) {
        let isMuch = state.withLock { state in
            state.untold += bytes
            return state.untold >= step
        }
        if isMuch { tellUse() }
    }

    private func tellUse() {
        let untold = state.withLock { state in
            defer { state.untold = 0 }
            return state.untold
        }
        guard untold > 0 else { return }
        do throws(SystemError) {
            let total = try CacheUse(folder: folder).add(untold)
            state.withLock { $0.total = total }
            let room = try folder.now().file.room()
            let isTime = state.withLock { MonotonicTime.milliseconds >= $0.nextSweep }
            if isTime || total == nil || total ?? 0 > limits.size - limits.step
                || room.bytes < CacheLimits.reserve(of: room)
            {
                sweep()
            }
        } catch {
            note(error)
        }
    }

    // MARK: Looking after

    /// Nobody reads: nothing is held open, so that everything can be removed.
    public func rest() {
        let open = state.withLock { state in
            defer { state.open = [:] }
            return state.open
        }
        for (object, _) in open.values { noteWhole(object) }
    }

    /// Waits until all that is to be kept has been written, and what is too much removed.
    public func flush() async {
        await writing.flush()
        await withCheckedContinuation { continuation in
            let isSweeping = state.withLock { state in
                if state.isSweeping { state.awaitSweep.append(continuation) }
                return state.isSweeping
            }
            if !isSweeping { continuation.resume() }
        }
    }

    /// Memory is short: what waits to be written is not kept.
    public func giveMemoryBack() { writing.drop() }

    /// Removes what is too much, on a thread of the cache's own; once at a time, and not while nothing can be removed.
    private func sweep(atLeast: Int = 0) {
        let isWanted = state.withLock { state in
            guard !state.isSweeping, MonotonicTime.milliseconds >= state.pausedUntil else { return false }
            state.isSweeping = true
            return true
        }
        guard isWanted else { return }
        Task(executorPreference: settings.threads) { self.sweepNow(atLeast) }
    }

    private func sweepNow(_ atLeast: Int) {
        // What somebody reads is held by him.
        rest()
        var pause = 0
        var trouble: SystemError?
        do throws(SystemError) {
            let outcome = try CacheSweep(folder: folder, limits: limits, atLeast: atLeast).run()
            // Nothing when another process is at it: what that leaves is known in a moment.
            if let outcome {
                state.withLock { $0.total = outcome.total }
                if outcome.isStillTooMuch { pause = Self.pause }
            } else {
                let total = try CacheUse(folder: folder).add(0)
                state.withLock { $0.total = total }
                pause = Self.shortPause
            }
        } catch {
            trouble = error
            pause = Self.pause
        }
        let waiting = state.withLock { state in
            state.isSweeping = false
            state.nextSweep = MonotonicTime.milliseconds + sweepInterval
            state.pausedUntil = pause == 0 ? 0 : MonotonicTime.milliseconds + pause
            defer { state.awaitSweep = [] }
            return state.awaitSweep
        }
        for continuation in waiting { continuation.resume() }
        if let trouble, !trouble.isLackOfRoom { note(trouble) }
    }

    // MARK: Telling

    /// Once until something else happens or it goes well again, and not too often.
    private func tell(_ trouble: String) {
        let now = MonotonicTime.milliseconds
        let isNews = state.withLock { state in
            if let last = state.trouble, last.text == trouble || now - last.time < Self.pause { return false }
            state.trouble = (trouble, now)
            return true
        }
        if isNews { settings.report("cache \(settings.folder.text.printable): \(trouble)") }
    }
}

extension CachedVersion {
    var shown: String { String(decoding: key, as: UTF8.self).printable }
}
