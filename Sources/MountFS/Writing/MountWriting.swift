import Glibc
public import ObjectStore
public import Platform
public import Staging
import Synchronization

/// What is written through a mount, on its way into the bucket: where it is staged, who brings it there, and what did not come
/// there.
public final class MountWriting: Sendable {
    /// An object that is to go when those who have it open as a file have closed it, and the name that it had, as long as that is
    /// known.
    struct Doomed: Sendable {
        let object: StoredObject
        let node: NodeID
        let file: WrittenFile
        let place: BucketFileSystem.Place?
    }

    private struct State {
        var progress = UploadProgress()
        /// Not told of yet.
        var uploaded: [UploadedFile] = []
        /// By key.
        var doomed: [ObjectKey: Doomed] = [:]
        /// Files of which only attributes are to be stored, and when.
        var due: [(node: NodeID, file: WrittenFile, time: Int)] = []
        var alarm: AlarmClock.Number?
        /// What is being put aside.
        var keeping: [Int: Task<Void, Never>] = [:]
        var last = 0
        /// Files that are leaving those that are written, for those that are kept or for good, and those of them that somebody waits
        /// for: who waits does so for those that are leaving now, however many follow.
        var leaving = UnderWay()
        var awaited: [UnderWay] = []
        /// What a session that was killed has left, by the names that it had.
        var recovered: Set<ObjectKey> = []
    }

    let staging: StagingFolder
    let uploader: Uploader
    let settings: WritingSettings
    let room: StagingRoom
    /// Where the staging folder is, for people.
    let path: RawPath
    private let state = Mutex(State())
    /// When the store is done with what a session that was killed has asked for, in milliseconds of a clock that nobody sets.
    private let quiet = Atomic(0)

    /// Some files may have been moved without anybody having heard of it.
    let hasDoubts = Atomic(false)
    /// Who changes names waits for whoever finds that out.
    let doubts = Gate(1)

    /// More files than this do not wait for that.
    static let mostDue = 256

    public init(
        _ store: any ObjectStore, _ staging: StagingFolder, at path: RawPath, _ memory: MemoryBudget,
        _ settings: WritingSettings
    ) throws(SystemError) {
        self.staging = staging
        self.path = path
        self.settings = settings
        room = StagingRoom(settings.stagingRoom)
        uploader = Uploader(store, memory, settings.uploads, room: room)
        let known = try staging.kept().compactMap { kept in
            KeptFile.Reason(rawValue: kept.reason).map { KeptFile(kept.name, $0, at: path.appending(kept.place)) }
        }
        state.withLock { $0.progress.kept = known }
    }

    var store: any ObjectStore { uploader.store }

    // MARK: Progress

    var progress: UploadProgress { state.withLock { $0.progress } }

    func noteSaved(_ file: UploadedFile) {
        state.withLock { state in
            state.progress.savedFiles += 1
            state.progress.savedBytes += file.bytes
            state.uploaded.append(file)
        }
    }

    func takeUploaded() -> [UploadedFile] {
        state.withLock { state in
            defer { state.uploaded = [] }
            return state.uploaded
        }
    }

    func noteLostAttributes() { state.withLock { $0.progress.lostAttributes += 1 } }

    /// Puts what will not come into the bucket where people find it. `name` is the path in the mount.
    func keep(_ file: StagedFile, _ name: RawPath, _ reason: KeptFile.Reason) throws(SystemError) {
        let place = try staging.keep(file, as: name, reason.rawValue)
        let kept = noteKept(name, reason, at: place)
        settings.report(
            "\(name.text.printable): what was written is not in the bucket (\(reason.rawValue)); it is kept in \(kept.file.text.printable)",
            nil)
    }

    /// From when a file is not one that is written any more until nothing of it is on the disk, or it is known where that is
    /// seen to.
    func whileLeaving<Answer>(_ body: () -> Answer) -> Answer {
        let leaving = state.withLock { state in
            state.leaving.begin()
            return state.leaving
        }
        defer { leaving.end() }
        return body()
    }

    func beginKeeping(_ body: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            state.last += 1
            let number = state.last
            state.keeping[number] = Task(executorPreference: settings.threads) { [self] in
                await body()
                self.state.withLock { $0.keeping[number] = nil }
            }
        }
    }

    /// Waits until all that is not to come into the bucket is where people find it, and what is there has left the disk.
    func endLeaving() async {
        let awaited = state.withLock { state in
            state.awaited.removeAll { !$0.isAny }
            state.awaited.append(state.leaving)
            state.leaving = UnderWay()
            return state.awaited
        }
        for leaving in awaited { await leaving.wait() }
        for task in state.withLock({ Array($0.keeping.values) }) { await task.value }
    }

    /// Of what a process before this one has left and nobody can read.
    func noteDamaged(_ file: RawPath) {
        state.withLock { $0.progress.kept.append(KeptFile("", .damaged, at: path.appending(file))) }
        settings.report(
            "\(file.text.printable) in \(path.text.printable) belongs to a file of which nothing is known", nil)
    }

    /// What cannot be put there, and is not lost for that: the next run tries again.
    func keepInPlace(_ file: StagedFile, _ name: RawPath, _ reason: KeptFile.Reason) -> RawPath {
        noteKept(name, reason, at: file.dataName).file
    }

    private func noteKept(_ name: RawPath, _ reason: KeptFile.Reason, at place: RawPath) -> KeptFile {
        let kept = KeptFile(name, reason, at: path.appending(place))
        state.withLock { $0.progress.kept.append(kept) }
        return kept
    }

    // MARK: After a crash

    /// What was asked for before may still be carried out: a copy or an upload that comes behind a removal would undo it.
    func noteCrash() {
        guard !(store is any FolderStore) else { return }
        quiet.store(MonotonicTime.milliseconds + settings.afterCrash.milliseconds, ordering: .relaxed)
    }

    /// Whoever changes names waits until that is over.
    func waitForQuiet() async {
        let left = quiet.load(ordering: .relaxed) - MonotonicTime.milliseconds
        if left > 0 { await AlarmClock.shared.pause(milliseconds: left) }
    }

    func noteRecovered(_ key: ObjectKey) { state.withLock { _ = $0.recovered.insert(key) } }
    func wasRecovered(_ key: ObjectKey) -> Bool { state.withLock { $0.recovered.contains(key) } }

    // MARK: Objects that are to go

    func doom(_ doomed: Doomed) { state.withLock { $0.doomed[doomed.object.key] = doomed } }

    /// It could not go.
    func doomAgain(_ doomed: Doomed) {
        state.withLock { state in
            state.doomed[doomed.object.key] = doomed
            uploader.deletions.end(doomed.object.key)
        }
    }

    func isDoomed(_ key: ObjectKey) -> Bool { state.withLock { $0.doomed[key] != nil } }

    /// With those that are going already.
    func going(below prefix: ObjectKey) -> Set<ObjectKey> {
        state.withLock { state in
            uploader.deletions.keys(below: prefix).union(state.doomed.keys.filter { $0.hasPrefix(prefix) })
        }
    }

    /// Somebody has it go now, and says among the deletions when it has.
    func takeDoomed(_ key: ObjectKey) -> Doomed? {
        state.withLock { state in
            let doomed = state.doomed.removeValue(forKey: key)
            if doomed != nil { uploader.deletions.begin(key) }
            return doomed
        }
    }

    // MARK: Attributes

    /// Returns those that shall not wait any longer: they count as being stored from then on.
    func noteAttributes(_ node: NodeID, _ file: WrittenFile, whenDue: @escaping @Sendable () -> Void) -> [(
        node: NodeID, file: WrittenFile
    )] {
        let time = settings.now() + settings.attributePause.milliseconds
        return state.withLock { state in
            state.due.removeAll { $0.file === file }
            state.due.append((node, file, time))
            if state.alarm == nil {
                state.alarm = AlarmClock.shared.set(milliseconds: settings.attributePause.milliseconds, whenDue)
            }
            guard state.due.count > Self.mostDue else { return [] }
            let first = state.due.prefix(state.due.count - Self.mostDue)
            state.due.removeFirst(first.count)
            return Self.begin(first)
        }
    }

    /// Takes those whose time has come, or all, and has `whenDue` called again for the others. They count as being stored from
    /// then on.
    func takeDue(all: Bool, whenDue: @escaping @Sendable () -> Void) -> [(node: NodeID, file: WrittenFile)] {
        let now = settings.now()
        return state.withLock { state in
            let due = state.due.filter { all || $0.time <= now }
            state.due.removeAll { all || $0.time <= now }
            state.alarm = nil
            if let next = state.due.first {
                state.alarm = AlarmClock.shared.set(milliseconds: max(1, next.time - now), whenDue)
            }
            return Self.begin(due[...])
        }
    }

    private static func begin(
        _ due: ArraySlice<(node: NodeID, file: WrittenFile, time: Int)>
    ) -> [(node: NodeID, file: WrittenFile)] {
        due.map { node, file, _ in
            file.storing.begin()
            return (node, file)
        }
    }
}
