import JSON
import MountSession
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

    /// Returns when the mount answers. `changed` is called, by any thread, when something has come to an end.
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
                changed()
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
        case .trouble: break
        }
        switch event {
        case .gaveUp, .unmounted: state.withLock { $0.end = event }
        case .trouble(let trouble): state.withLock { $0.trouble = (trouble, .now()) }
        case .lost, .revived, .note: break
        }
    }

    // MARK: Unmounting

    enum Force {
        /// Programs that use it hinder that.
        case none
        /// It goes from its path, and who has it open goes on.
        case detaching
        /// Who has it open gets errors.
        case cutting
    }

    private static let patience = 30_000

    /// Returns when nobody serves any more; detached, at once.
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
            state.withLock { $0.isUnmounting = false }
            throw error
        }
        switch force {
        case .detaching: return
        case .cutting: keeper.cut()
        case .none: break
        }
        _ = keeper.waitForEnd(milliseconds: Self.patience)
        // What was dead before has nobody who says that it is unmounted now.
        state.withLock { $0.end = .unmounted }
    }

    // MARK: Status

    /// As documents show it. `failure`: why something that was asked for could not be done.
    func status(_ failure: MountFailure? = nil) -> MountStatus {
        var status = MountStatus(request)
        status.seconds = watch.seconds
        status.error = failure.map(MountError.init)
        switch phase {
        case .mounting: status.state = .mounting
        case .mounted(let keeper):
            status.state = .mounted
            status.process = keeper.sessionProcess
            status.error = status.error ?? state.withLock { $0.trouble }.map(MountError.init)
        case .unmounting(let keeper):
            status.state = .draining
            status.process = keeper.sessionProcess
        case .dead(_, let reason):
            status.state = .failed
            status.error = status.error ?? MountError(deadBecause: reason)
        case .gone: status.state = failure == nil ? .unmounted : .failed
        }
        return status
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

    init(deadBecause reason: String) {
        self.init(
            code: "dead", message: "nobody serves the mount any more: \(reason)",
            hint: "run the task again, which replaces it, or `provision down`", isRetryable: true,
            exitStatus: .temporary)
    }
}
