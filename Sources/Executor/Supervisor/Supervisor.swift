import JSON
import MountSession
import Platform
import Synchronization

/// Looks after the mounts of one task: mounts what runs ask for, tells of it, and unmounts.
///
/// Every request has a thread of its own, since mounting and unmounting wait. The supervisor has no wish to live: when
/// it has neither mounts nor anybody who is connected, it ends.
final class Supervisor: Sendable {
    private struct State {
        /// Those that are there, or about to be or to go.
        var mounts: [SupervisedMount] = []
        var connections = 0
        /// Signals after which everything is being unmounted.
        var drains = 0
        var wasAsked = false
        var isEnding = false
    }

    private let folder: TaskFolder
    private let state = Mutex(State())
    /// One thread at a time writes files.
    private let files = Mutex(())
    /// Whether a signal has come that `drain` was not called for yet.
    private let isAskedToEnd: @Sendable () -> Bool
    /// Called when it may be time to end.
    private let changed: @Sendable () -> Void
    private let log: TaskLog

    init(
        _ folder: TaskFolder, isAskedToEnd: @escaping @Sendable () -> Bool, changed: @escaping @Sendable () -> Void
    ) {
        self.folder = folder
        self.isAskedToEnd = isAskedToEnd
        self.changed = changed
        log = TaskLog("supervisor")
    }

    // MARK: Whoever asks

    private static let longestRequest = 8 << 20

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
            if let line = connection.readLine(limit: Self.longestRequest) {
                connection.write(line: answer(line, connection).json.compact)
            }
            connection.end()
            state.withLock { $0.connections -= 1 }
            changed()
        }
        if thread == nil { state.withLock { $0.connections -= 1 } }
    }

    private func answer(_ line: [UInt8], _ connection: LocalConnection) -> ControlAnswer {
        guard let request = (try? JSONValue(reading: line)).flatMap(ControlRequest.init) else {
            return ControlAnswer(
                error: MountError(
                    code: "version", message: "the supervisor is of another version of provision",
                    hint: "end it with the version that has started it: provision down", isRetryable: false,
                    exitStatus: .temporary))
        }
        switch request {
        case .status: return ControlAnswer(state.withLock { $0.mounts }.map { $0.status().json })
        case .mount(let wanted): return mount(wanted, connection)
        case .flush(let limit): return flush(Deadline(limit))
        case .down(let isForced, let limit): return down(isForced: isForced, limit)
        }
    }

    /// Whether anybody has ever connected.
    var wasAsked: Bool { state.withLock { $0.wasAsked } }

    /// Whether there is nothing left to do; from then on nobody is served.
    func mayEnd() -> Bool {
        state.withLock { state in
            if state.connections == 0, state.mounts.isEmpty { state.isEnding = true }
            return state.isEnding
        }
    }

    // MARK: Mounting

    private enum Verdict {
        case begin(SupervisedMount, replacing: SupervisedMount?)
        case share(SupervisedMount)
        case wait
        case refuse
    }

    private func mount(_ request: MountRequest, _ connection: LocalConnection) -> ControlAnswer {
        let end = MonotonicTime.milliseconds + Self.patience
        while true {
            switch verdict(on: request) {
            case .begin(let mount, let old):
                return begin(mount, replacing: old, connection)
            case .share(let mount): return ControlAnswer([mount.status().json])
            case .refuse: return ControlAnswer(error: .changedConfiguration(request.shownDestination))
            case .wait:
                guard MonotonicTime.milliseconds < end else {
                    return ControlAnswer(error: .stillEnding(request.shownDestination))
                }
                Threads.sleep(milliseconds: 20)
            }
        }
    }

    private func verdict(on request: MountRequest) -> Verdict {
        state.withLock { state in
            // What is there now goes in a moment, and what were mounted now would go with it.
            if state.drains > 0 || isAskedToEnd() { return .wait }
            guard let index = state.mounts.firstIndex(where: { $0.request.path == request.path }) else {
                let mount = SupervisedMount(request)
                state.mounts.append(mount)
                return .begin(mount, replacing: nil)
            }
            let old = state.mounts[index]
            let isSame = old.request.order.does(for: request.order)
            switch old.phase {
            case .mounting: return isSame ? .wait : .refuse
            case .mounted: return isSame ? .share(old) : .refuse
            case .unmounting, .gone: return .wait
            case .dead:
                let mount = SupervisedMount(request)
                state.mounts[index] = mount
                return .begin(mount, replacing: old)
            }
        }
    }

    private func begin(
        _ mount: SupervisedMount, replacing old: SupervisedMount?, _ connection: LocalConnection
    ) -> ControlAnswer {
        writeFiles()
        do throws(MountFailure) {
            try old?.unmount(.detaching)
            try mount.mount(program(for: mount.request)) { [weak self] in self?.tidy() }
            guard connection.hasEnded else {
                writeFiles()
                return ControlAnswer([mount.status().json])
            }
            // Whoever wanted it was interrupted, and was told that it is not there.
            try mount.unmount(.detaching)
        } catch {
            remove([mount])
            return ControlAnswer(error: MountError(error))
        }
        return ControlAnswer()
    }

    private func program(for request: MountRequest) -> SessionProgram {
        SessionProgram(
            ["provision", TaskSession.word, folder.state.path, request.shownPath], program: "/proc/self/exe",
            configuration: Array(request.order.json.compact.utf8))
    }

    // MARK: Saving

    private func flush(_ deadline: Deadline) -> ControlAnswer {
        let mounts = state.withLock { $0.mounts }
        drain(mounts, deadline)
        var answer = ControlAnswer()
        for mount in mounts { add(mount, mount.notSaved, to: &answer) }
        return answer
    }

    /// All of them at the same time. Returns when they have come as far as they can, or when the time is over.
    private func drain(_ mounts: [SupervisedMount], _ deadline: Deadline) {
        do throws(SystemError) {
            let drains = try OpenDrains(mounts.count)
            for mount in mounts {
                waitUntilMounted(mount)
                mount.noteWaiting(true)
                mount.drain { drains.end() }
            }
            drains.wait(milliseconds: deadline.left)
            for mount in mounts { mount.noteWaiting(false) }
        } catch {
            log.write("nobody can wait for what is on its way into the bucket: \(error.description)")
        }
    }

    private func add(_ mount: SupervisedMount, _ error: MountError?, to answer: inout ControlAnswer) {
        if let error { log.write("\(mount.request.shownDestination): \(error.message)") }
        answer.mounts.append(mount.status(error).json)
        let statuses = [answer.error, error].compactMap { $0?.exitStatus }
        // The first of those that decide.
        if let error, answer.error?.exitStatus != ExitStatus.deciding(among: statuses) { answer.error = error }
    }

    // MARK: Unmounting

    /// So long may uploads take that nobody wants to wait for: of `down --force`, and of a supervisor that was asked twice
    /// to end.
    private static let hurry = 10_000
    /// What is just ending is waited for: it has nothing to do any more, or was killed.
    private static let patience = 30_000

    /// What could not be saved stays mounted, so that somebody can see to that, unless it is forced.
    private func down(isForced: Bool, _ limit: Int?) -> ControlAnswer {
        let mounts = innerFirst()
        let deadline = Deadline(limit ?? (isForced ? Self.hurry : nil))
        drain(mounts, deadline)
        var answer = ControlAnswer()
        for mount in mounts {
            let error = mount.hasPending && !isForced ? mount.notSaved : end(mount, isForced: isForced, deadline)
            add(mount, error, to: &answer)
        }
        tidy()
        return answer
    }

    /// Returns why it was not unmounted, or what was not saved.
    private func end(_ mount: SupervisedMount, isForced: Bool, _ deadline: Deadline) -> MountError? {
        mount.noteDrained()
        do throws(MountFailure) {
            try mount.unmount(isForced ? .cutting : .none)
        } catch {
            return MountError(error)
        }
        // Between the drain and the end of the mount somebody may have written more.
        if !mount.waitForEnd(milliseconds: mount.isWritable ? deadline.left : Self.patience) {
            guard mount.isWritable else { return MountError.inUse(mount.request.shownPath) }
            mount.cut()
            _ = mount.waitForEnd(milliseconds: Self.patience)
        }
        return mount.notSaved
    }

    /// What is mounted inside of another mount goes first.
    private func innerFirst() -> [SupervisedMount] {
        state.withLock { $0.mounts }.sorted { $0.request.path > $1.request.path }
    }

    private func waitUntilMounted(_ mount: SupervisedMount) {
        while case .mounting = mount.phase { Threads.sleep(milliseconds: 20) }
    }

    /// The supervisor shall end. What programs use is taken from its path at once, and served until they are done and what
    /// they wrote is in the bucket; when asked again, no longer than `hurry`.
    func drain(isUrgent: Bool) {
        state.withLock { $0.drains += 1 }
        let thread = MaskedThread.start(named: "drain") { [self] in
            log.write(isUrgent ? "asked again to end: cuts off what is in use" : "asked to end: unmounts")
            let mounts = innerFirst()
            for mount in mounts { takeAway(mount) }
            if isUrgent {
                drain(mounts, Deadline(Self.hurry))
                for mount in mounts { mount.cut() }
            }
            // Of one that is in use, or saves still, its own end will tell.
            for mount in mounts { _ = mount.waitForEnd(milliseconds: isUrgent ? Self.patience : 0) }
            tidy()
            state.withLock { $0.drains -= 1 }
            changed()
        }
        if thread == nil {
            log.write("asked to end, but no thread can be had for that")
            state.withLock { $0.drains -= 1 }
        }
    }

    private func takeAway(_ mount: SupervisedMount) {
        waitUntilMounted(mount)
        do throws(MountFailure) {
            do throws(MountFailure) {
                try mount.unmount(.none)
            } catch  where error.code == .busy {
                try mount.unmount(.detaching)
            }
        } catch {
            log.write("\(mount.request.shownDestination): \(error.message)")
        }
    }

    /// Notes what has died or is unmounted, whoever has done that, and forgets the latter.
    private func tidy() {
        let mounts = state.withLock { $0.mounts }
        let gone = mounts.filter { if case .gone = $0.phase { true } else { false } }
        // Before it is forgotten: then the supervisor may end.
        files.withLock { _ in
            for mount in mounts {
                switch mount.phase {
                case .gone, .dead: folder.state.note(mount.status().json, of: folder)
                case .mounting, .mounted, .unmounting: break
                }
            }
        }
        remove(gone)
        changed()
    }

    private func remove(_ gone: [SupervisedMount]) {
        state.withLock { state in state.mounts.removeAll { mount in gone.contains { $0 === mount } } }
        writeFiles()
    }

    /// For whoever comes after this process, should it be killed.
    private func writeFiles() {
        files.withLock { _ in
            let mounts = state.withLock { $0.mounts }
            do throws(TrustedPath.Failure) {
                try folder.record(mounts.map(\.record))
            } catch {
                log.write("what is mounted cannot be noted: \(error.reason)")
            }
        }
    }

    /// What a supervisor that was killed has left is taken away.
    func clearUp() {
        for path in folder.removeDeadMounts() { log.write("\(path): an earlier mount cannot be taken away") }
        writeFiles()
    }
}

extension MountError {
    static func changedConfiguration(_ destination: String) -> MountError {
        MountError(
            code: "changed-configuration",
            message: "`\(destination)` is mounted already, from another source or with other settings",
            hint: "`provision down` unmounts it; run the task again then", isRetryable: false,
            exitStatus: .badConfiguration)
    }

    static func stillEnding(_ destination: String) -> MountError {
        MountError(
            code: "busy", message: "an earlier mount of `\(destination)` is still ending",
            hint: "try again; `provision status` shows it", isRetryable: true, exitStatus: .temporary)
    }
}
