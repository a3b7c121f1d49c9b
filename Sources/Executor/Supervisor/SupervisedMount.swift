import JSON
import MountSession
import Plan
import Platform
import Synchronization
import TaskFile

/// One mount of a supervisor's, from the wish for it until it is gone.
final class SupervisedMount: Sendable {
    enum Phase {
        case mounting
        case mounted(Keeper)
        /// Nobody serves it any more, and it stays in its place so that nobody writes below it.
        case dead(Keeper, reason: String)
        case unmounting(Keeper)
        case gone
    }

    private struct State {
        var keeper: Keeper?
        var isUnmounting = false
        var end: Keeper.Event?
        var hasFailed = false
        /// The last that its sessions have told of, and when.
        var trouble: (SessionTrouble, at: Timestamp)?
        var saving = SavingAccount()
        var traffic = TrafficAccount()
        /// What it took until it was there.
        var provisioning: Double?
        /// How many wait until everything is in the bucket.
        var waiting = 0
        /// Everything is, and it is about to be unmounted.
        var isDrained = false
        /// With what had been kept aside already when they came.
        var holders: [MountHolder: Set<String>] = [:]
    }

    let request: MountRequest
    private let state = Mutex(State())
    private let watch = Stopwatch()
    private let log: TaskLog

    init(_ request: MountRequest) {
        self.request = request
        log = TaskLog(request.shownDestination)
        state.withLock { $0.holders[request.holder] = [] }
    }

    var phase: Phase {
        state.withLock { state in
            guard let keeper = state.keeper else { return state.hasFailed ? .gone : .mounting }
            switch state.end {
            case .unmounted: return .gone
            case .gaveUp(let reason): return .dead(keeper, reason: reason)
            // By hand, it may have been taken from its path while somebody uses it.
            default: return state.isUnmounting || !keeper.isMounted ? .unmounting(keeper) : .mounted(keeper)
            }
        }
    }

    // MARK: Mounting

    enum Change {
        /// Something has come to an end or begun.
        case state
        /// What its sessions have told of.
        case figures
        case event(TaskEvent)
    }

    /// Returns when the mount answers. `changed` is called by any thread.
    func mount(
        _ program: SessionProgram, _ device: SharedDescriptor?, changed: @escaping @Sendable (Change) -> Void
    ) throws(MountFailure) {
        let options = request.order.mount.mount
        var wanted = MountSession.MountOptions(RawPath(request.path))
        wanted.isFile = request.order.isSingleObject
        wanted.source = "provision"
        wanted.device = device
        wanted.isReadOnly = options.isReadOnly
        wanted.allowsOthers = options.allowsOtherUsers ?? true
        wanted.coversContent = options.overlaysNonempty
        // What may be written to is not what the cache has, and what is to be checked at every read has to come through us.
        let isPassed = options.isReadOnly && request.order.mount.checksum != .full
        wanted.localFiles = isPassed ? request.order.cache.map { RawPath($0.folder) } : nil
        do throws(MountFailure) {
            let keeper = try Keeper(wanted, program) { [self] event in
                note(event)
                switch event {
                case .lost, .revived, .gaveUp, .unmounted: changed(.state)
                case .trouble, .saving, .kept, .traffic: changed(.figures)
                case .note, .uploaded: break
                }
                if let event = TaskEvent(event) { changed(.event(event)) }
            }
            state.withLock { state in
                state.keeper = keeper
                state.provisioning = watch.seconds
            }
            log.write("mounted, served by process \(keeper.sessionProcess ?? 0)")
        } catch {
            state.withLock { $0.hasFailed = true }
            log.write("not mounted: \(error.message)")
            throw error
        }
    }

    private func note(_ event: Keeper.Event) {
        switch event {
        case .lost(let end, let isOutOfMemory):
            log.write(TaskEvent.loss(end, isOutOfMemory: isOutOfMemory))
        case .revived(let milliseconds): log.write("another session serves after \(milliseconds) ms")
        case .note(let text): log.write(text)
        case .gaveUp(let reason): log.write("nobody serves it any more: \(reason)")
        case .unmounted: log.write("unmounted")
        // The session has written of it itself.
        case .trouble, .saving, .kept, .traffic, .uploaded: break
        }
        state.withLock { state in
            switch event {
            case .gaveUp, .unmounted: state.end = event
            case .trouble(let trouble): state.trouble = (trouble, .now())
            case .saving(let figures): state.saving.note(figures)
            case .kept(let kept): state.saving.note(kept)
            case .traffic(let traffic): state.traffic.note(traffic)
            case .lost:
                state.saving.noteDeath()
                state.traffic.noteDeath()
            case .revived: state.traffic.noteRevival()
            case .note, .uploaded: break
            }
        }
    }

    /// Programs can use it.
    var isThere: Bool {
        switch phase {
        case .mounting, .mounted: true
        case .dead, .unmounting, .gone: false
        }
    }

    // MARK: Who needs it

    var holders: Set<MountHolder> { state.withLock { Set($0.holders.keys) } }

    /// Somebody else wants it as well. False when it is just going.
    func share(with holder: MountHolder) -> Bool {
        guard case .mounted = phase else { return false }
        return state.withLock { state in
            guard !state.isUnmounting else { return false }
            if state.holders[holder] == nil { state.holders[holder] = Set(state.saving.uploads.kept.map(\.file)) }
            return true
        }
    }

    /// The files that had been kept aside when somebody came who needs it.
    func keptBefore(_ holder: MountHolder) -> Set<String> { state.withLock { $0.holders[holder] } ?? [] }

    /// Somebody wants it no longer. True when nobody does: then it is to be unmounted, and nobody gets it any more.
    func leave(_ holder: MountHolder) -> Bool {
        state.withLock { state in
            state.holders[holder] = nil
            if state.holders.isEmpty { state.isUnmounting = true }
            return state.holders.isEmpty
        }
    }

    // MARK: Saving

    /// Whether programs may write to it.
    var isWritable: Bool { request.order.staging != nil }

    /// Has everything brought into the bucket that is whole now; `then` is called when that has come as far as it can.
    func drain(_ then: @escaping @Sendable () -> Void) {
        guard isWritable, let keeper = state.withLock({ $0.keeper }) else { return then() }
        keeper.drain(then)
    }

    /// Somebody waits for that, or does no longer.
    func noteWaiting(_ begins: Bool) {
        if isWritable { state.withLock { $0.waiting += begins ? 1 : -1 } }
    }

    /// Why not everything is in the bucket; nothing when it is.
    var notSaved: MountError? { notSaved(foundKept: []) }

    /// The same for one of several who need it: what had been kept before they came is not theirs, and once a drain of theirs
    /// has ended neither is what is still on its way.
    func notSaved(foundKept: Set<String>, hasDrained: Bool = false) -> MountError? {
        guard let staging = request.order.staging else { return nil }
        var (uploads, trouble) = state.withLock { ($0.saving.uploads, $0.trouble) }
        for index in uploads.kept.indices where foundKept.contains(uploads.kept[index].file) {
            uploads.kept[index].wasFound = true
        }
        if hasDrained { uploads.pending = uploads.failed }
        return MountError(notSaved: uploads, staging: staging.folder, because: trouble?.0.message)
    }

    /// Whether waiting longer could bring more into the bucket.
    var hasPending: Bool { state.withLock { $0.saving.uploads.pending } > 0 }

    // MARK: Unmounting

    enum Force {
        /// Programs that use it hinder that.
        case none
        /// It goes from its path, and who has it open goes on.
        case detaching
        /// Who has it open gets errors.
        case cutting
    }

    /// Takes it from its path. Its session ends when nobody uses it any more and all is in the bucket.
    func unmount(_ force: Force) throws(MountFailure) {
        guard
            let keeper = state.withLock({ state in
                state.isUnmounting = true
                return state.keeper
            })
        else { return }
        do throws(MountFailure) {
            try keeper.unmount(detaching: force != .none)
        } catch {
            state.withLock { state in
                state.isUnmounting = false
                state.isDrained = false
            }
            throw error
        }
        if force == .cutting { keeper.cut() }
    }

    /// Waits, after unmounting, until its session has ended; no limit means for as long as that takes. False when the time
    /// is over. What a session that is cut off has not saved stays in the staging folder.
    func waitForEnd(milliseconds: Int?) -> Bool {
        guard let keeper = state.withLock({ $0.keeper }) else { return true }
        guard keeper.waitForEnd(milliseconds: milliseconds) else { return false }
        // What was dead before has nobody who says that it is unmounted now.
        if !keeper.isLeftMounted { state.withLock { $0.end = .unmounted } }
        if hasPending { listLeft() }
        return true
    }

    /// For those who look into the staging folder.
    private func listLeft() {
        do throws(SystemError) {
            try LeftList.write(request)
        } catch {
            log.write("what is not in the bucket cannot be listed: \(error.description)")
        }
    }

    /// Everything is in the bucket, and unmounting begins.
    func noteDrained() { state.withLock { $0.isDrained = true } }

    /// Ends its session at once.
    func cut() { state.withLock { $0.keeper }?.cut() }

    // MARK: Status

    /// As documents show it. `failure`: why something that was asked for could not be done.
    func status(_ failure: MountError? = nil) -> MountStatus {
        var status = MountStatus(request)
        status.error = failure
        let state = state.withLock { $0 }
        status.seconds = state.provisioning ?? watch.seconds
        status.uploads = state.saving.uploads
        status.requests = state.traffic.requests
        status.traffic = state.traffic.traffic
        switch phase {
        case .mounting: status.state = .mounting
        case .mounted(let keeper):
            status.state =
                if state.waiting > 0 {
                    .draining
                } else if state.isDrained {
                    .drained
                } else {
                    state.saving.isRecovering ? .recovering : .mounted
                }
            status.process = keeper.sessionProcess
            status.error = status.error ?? state.trouble.map(MountError.init)
        case .unmounting(let keeper):
            status.state = .draining
            status.process = keeper.sessionProcess
            status.error = status.error ?? state.trouble.map(MountError.init)
        case .dead(_, let reason):
            status.state = .failed
            status.error = status.error ?? MountError(deadBecause: reason)
        case .gone:
            status.state = state.hasFailed ? .failed : .unmounted
            status.error = status.error ?? notSaved
        }
        return status
    }

    /// For whoever comes after a supervisor that was killed.
    var record: JSONValue { RecordedMount.record(status().json, staging: request.order.staging?.folder) }
}

extension MountRequest {
    var holder: MountHolder { user.map { .command($0) } ?? .task }
}

extension MountError {
    init(_ failure: MountFailure) {
        self.init(
            code: failure.code.rawValue, message: failure.message, hint: failure.hint,
            isRetryable: failure.isRetryable, exitStatus: failure.exitStatus)
    }

    /// Of a mount that is there all the same: it says when that was.
    init(_ trouble: SessionTrouble, at time: Timestamp) {
        self.init(
            code: trouble.code, message: "\(time.text): \(trouble.message)", hint: trouble.hint,
            isRetryable: trouble.isRetryable, exitStatus: .inputOutput)
    }

    /// Of `down`, while a COMMAND needs the mounts.
    static func commandRuns(_ process: Int) -> MountError {
        MountError(
            code: "command", message: "a COMMAND runs that needs the mounts, started by process \(process)",
            hint: "its end unmounts them; `provision down --force` does not wait for that", isRetryable: true,
            exitStatus: .temporary)
    }

    static func inUse(_ path: String) -> MountError {
        MountError(
            code: MountFailure.Code.busy.rawValue, message: "programs still use what was mounted at `\(path)`",
            hint: "`provision down --force` cuts them off", isRetryable: true, exitStatus: .temporary)
    }

    init(deadBecause reason: String) {
        self.init(
            code: "dead", message: "nobody serves the mount any more: \(reason)",
            hint: "run the task again, which replaces it, or `provision down`", isRetryable: true,
            exitStatus: .temporary)
    }
}
