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
        /// How many wait until everything is in the bucket.
        var waiting = 0
        /// Everything is, and it is about to be unmounted.
        var isDrained = false
    }

    let request: MountRequest
    private let state = Mutex(State())
    private let watch = Stopwatch()
    private let log: TaskLog

    init(_ request: MountRequest) {
        self.request = request
        log = TaskLog(request.shownDestination)
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

    /// Returns when the mount answers. `changed` is called, by any thread, when something has come to an end or begun.
    func mount(_ program: SessionProgram, changed: @escaping @Sendable () -> Void) throws(MountFailure) {
        let options = request.order.mount.mount
        var wanted = MountSession.MountOptions(RawPath(request.path))
        wanted.isFile = request.order.isSingleObject
        wanted.source = "provision"
        wanted.isReadOnly = options.isReadOnly
        wanted.allowsOthers = options.allowsOtherUsers ?? true
        wanted.coversContent = options.overlaysNonempty
        do throws(MountFailure) {
            let keeper = try Keeper(wanted, program) { [self] event in
                note(event)
                switch event {
                case .lost, .revived, .gaveUp, .unmounted: changed()
                case .note, .trouble, .saving, .kept: break
                }
            }
            state.withLock { $0.keeper = keeper }
            log.write("mounted, served by process \(keeper.sessionProcess ?? 0)")
        } catch {
            state.withLock { $0.hasFailed = true }
            log.write("not mounted: \(error.message)")
            throw error
        }
    }

    private func note(_ event: Keeper.Event) {
        switch event {
        case .lost(let end): log.write("its session has ended (\(end.status))")
        case .revived(let milliseconds): log.write("another session serves after \(milliseconds) ms")
        case .note(let text): log.write(text)
        case .gaveUp(let reason): log.write("nobody serves it any more: \(reason)")
        case .unmounted: log.write("unmounted")
        // The session has written of it itself.
        case .trouble, .saving, .kept: break
        }
        state.withLock { state in
            switch event {
            case .gaveUp, .unmounted: state.end = event
            case .trouble(let trouble): state.trouble = (trouble, .now())
            case .saving(let figures): state.saving.note(figures)
            case .kept(let kept): state.saving.note(kept)
            case .lost: state.saving.noteDeath()
            case .revived, .note: break
            }
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
    var notSaved: MountError? {
        guard let staging = request.order.staging else { return nil }
        let (uploads, trouble) = state.withLock { ($0.saving.uploads, $0.trouble) }
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
        if !keeper.isMounted { state.withLock { $0.end = .unmounted } }
        return true
    }

    /// Everything is in the bucket, and unmounting begins.
    func noteDrained() { state.withLock { $0.isDrained = true } }

    /// Ends its session at once.
    func cut() { state.withLock { $0.keeper }?.cut() }

    // MARK: Status

    /// As documents show it. `failure`: why something that was asked for could not be done.
    func status(_ failure: MountError? = nil) -> MountStatus {
        var status = MountStatus(request)
        status.seconds = watch.seconds
        status.error = failure
        let state = state.withLock { $0 }
        status.uploads = state.saving.uploads
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
    var record: JSONValue {
        guard case .object(let members) = status().json else { return nil }
        return .object(members + [.init(TaskFolder.staging, .optional(request.order.staging?.folder))])
    }
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
