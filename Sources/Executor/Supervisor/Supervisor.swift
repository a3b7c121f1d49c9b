import JSON
import MountSession
import Platform
import Synchronization

/// Looks after the mounts of one task: mounts what runs ask for, tells of it, and unmounts.
///
/// Every request has a thread of its own, since mounting and unmounting wait. The supervisor has no wish to live: when
/// it has neither mounts nor anybody who is connected, it ends.
final class Supervisor: Sendable {
    struct State {
        /// Those that are there, or about to be or to go.
        var mounts: [SupervisedMount] = []
        var connections = 0
        /// Those whose COMMAND needs mounts.
        var users: [String: CommandUser] = [:]
        /// Signals after which everything is being unmounted.
        var drains = 0
        var wasAsked = false
        var isEnding = false
    }

    let folder: TaskFolder
    let state = Mutex(State())
    /// One thread at a time writes files.
    private let files = Mutex(LeftMounts())
    /// Whether a signal has come that `drain` was not called for yet.
    let isAskedToEnd: @Sendable () -> Bool
    /// Called when it may be time to end.
    let changed: @Sendable () -> Void
    /// To the namespaces in which it mounts, where nobody sees that who does not join them; nothing: everybody sees it.
    let doors: OwnNamespaces.Doors?
    let log: TaskLog
    /// Whoever has this writes what it shows, too.
    let notices = Mutex(HeldNotices())
    /// Something that is shown.
    let hasChanged: WakeUp
    /// Those who follow what happens.
    let listeners = Mutex<[TaskListener]>([])
    private let isShowing = Atomic(false)

    init(
        _ folder: TaskFolder, doors: OwnNamespaces.Doors?, isAskedToEnd: @escaping @Sendable () -> Bool,
        changed: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        hasChanged = try WakeUp()
        self.folder = folder
        self.doors = doors
        self.isAskedToEnd = isAskedToEnd
        self.changed = changed
        log = TaskLog("supervisor")
    }

    // MARK: Whoever asks

    static let longestRequest = 8 << 20

    /// Serves a connection; one that comes too late is dropped, and whoever it was starts another supervisor.
    func serve(_ connection: LocalConnection) {
        let isTaken = state.withLock { state in
            guard !state.isEnding else { return false }
            state.connections += 1
            state.wasAsked = true
            return true
        }
        guard isTaken else { return }
        let thread = MaskedThread.start(named: "request") { [self] in
            var passed: [SharedDescriptor] = []
            if let line = connection.readLine(limit: Self.longestRequest, &passed) {
                answer(line, connection, passed.first)
            }
            connection.end()
            state.withLock { $0.connections -= 1 }
            changed()
        }
        if thread == nil { state.withLock { $0.connections -= 1 } }
    }

    /// `device`: one that was passed in for what is to be mounted.
    private func answer(_ line: [UInt8], _ connection: LocalConnection, _ device: SharedDescriptor?) {
        let request = (try? JSONValue(reading: line)).flatMap(ControlRequest.init)
        if case .use(let name, let process, let limit) = request {
            return serve(CommandUser(name, process: process, limit: limit), connection)
        }
        if case .follow = request { return serve(TaskListener(connection)) }
        connection.write(line: answer(request, connection, device).json.compact)
    }

    private func answer(
        _ request: ControlRequest?, _ connection: LocalConnection, _ device: SharedDescriptor?
    ) -> ControlAnswer {
        switch request {
        case .status: return ControlAnswer(state.withLock { $0.mounts }.map { $0.status().json })
        case .mount(let wanted): return mount(wanted, connection, device)
        case .flush(let limit): return flush(Deadline(limit))
        case .down(let isForced, let limit): return down(isForced: isForced, limit)
        case .hurry(let name, let limit):
            state.withLock { $0.users[name] }?.hurry(milliseconds: limit)
            return ControlAnswer()
        case .announce(let announcement): return announce(announcement)
        case .use, .command, .release, .follow, nil:
            return ControlAnswer(
                error: MountError(
                    code: "version", message: "the supervisor is of another version of provision",
                    hint: "end it with the version that has started it: provision down", isRetryable: false,
                    exitStatus: .temporary))
        }
    }

    var statuses: [MountStatus] { state.withLock { $0.mounts }.map { $0.status() } }
    func hasUser(_ name: String) -> Bool { state.withLock { $0.users[name] } != nil }
    /// True once: whoever is first to ask begins.
    func startsShowing() -> Bool { !isShowing.exchange(true, ordering: .sequentiallyConsistent) }

    func begin(_ user: CommandUser) { state.withLock { $0.users[user.name] = user } }
    func end(_ user: CommandUser) { state.withLock { $0.users[user.name] = nil } }

    /// Whether anybody has ever connected.
    var wasAsked: Bool { state.withLock { $0.wasAsked } }

    /// Whether there is nothing left to do; from then on nobody is served.
    func mayEnd() -> Bool {
        state.withLock { state in
            if state.connections == 0, state.mounts.isEmpty { state.isEnding = true }
            return state.isEnding
        }
    }

    // MARK: What there is

    /// Notes what has died or is unmounted, whoever has done that, and forgets the latter.
    func tidy() {
        let mounts = state.withLock { $0.mounts }
        let gone = mounts.filter { if case .gone = $0.phase { true } else { false } }
        lower(mounts.filter { !$0.isThere }.reduce([]) { $0.union($1.holders) })
        // Before it is forgotten: then the supervisor may end.
        files.withLock { _ in
            for mount in mounts {
                switch mount.phase {
                case .gone, .dead: folder.state.note(mount.status().json, of: folder)
                case .mounting, .mounted, .unmounting: break
                }
            }
        }
        notices.withLock { notices in for mount in gone { notices.note(gone: mount.status()) } }
        remove(gone)
        show()
        changed()
    }

    func remove(_ gone: [SupervisedMount]) {
        noteLeft(by: gone)
        files.withLock { left in
            let isGone = { (mount: SupervisedMount) in gone.contains { $0 === mount } }
            // When none is there the supervisor may end: before that it has to be written down.
            write(state.withLock { $0.mounts }.filter { !isGone($0) }, left)
            state.withLock { $0.mounts.removeAll(where: isGone) }
        }
    }

    /// What is staged of them stays.
    func noteLeft(by gone: [SupervisedMount]) {
        let records = gone.map { RecordedMount($0.record, of: folder) }
        files.withLock { left in for record in records { left.note(record) } }
    }

    func writeFiles() {
        files.withLock { left in write(state.withLock { $0.mounts }, left) }
    }

    /// For whoever comes after this process, should it be killed.
    private func write(_ mounts: [SupervisedMount], _ left: LeftMounts) {
        let records = mounts.map(\.record)
        do throws(TrustedPath.Failure) {
            try folder.record(records + left.records(beside: records))
        } catch {
            log.write("what is mounted cannot be noted: \(error.reason)")
        }
    }

    /// The same of ready files.
    func record(_ notices: HeldNotices) {
        do throws(TrustedPath.Failure) {
            try folder.record(readyFiles: notices.readyFiles)
        } catch {
            log.write("which ready file is there cannot be noted: \(error.reason)")
        }
    }

    /// What a supervisor that was killed has left mounted is taken away.
    func clearUp() {
        do throws(MountError) {
            let recorded = try folder.recordedMounts
            files.withLock { $0.take(recorded) }
            for path in try folder.removeDeadMounts() { log.write("\(path): an earlier mount cannot be taken away") }
        } catch {
            log.write("what an earlier supervisor has left cannot be taken away: \(error.message)")
        }
        folder.removeReadyFiles()
        writeFiles()
    }
}
