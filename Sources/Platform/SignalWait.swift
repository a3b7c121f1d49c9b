import Glibc

/// Waits for signals instead of being interrupted by them. Made before any thread is, it keeps these signals from
/// everybody else.
public struct SignalWait: Sendable {
    /// Ends a wait early; ignored by whoever does not wait for it.
    private static let wakeUp = SIGURG
    private let thread: pthread_t
    private let isInstalled: Bool

    /// By these people and systems ask a program to end.
    public static let ends = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    /// What another program may be meant by when it is sent to this one: all but those that nobody can keep, faults of our
    /// own, what the C library and `wake` need, and what a terminal says to those in its background.
    public static let forwardable: [Int32] = {
        let own: Set<Int32> = [
            SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGCHLD, SIGTTIN, SIGTTOU, wakeUp, 32,
            33,
        ]
        return (1...64).filter { !own.contains($0) }
    }()

    public init(for signals: [Int32] = ends) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals + [Self.wakeUp] {
            // What the caller ignores, as nohup does, stays ignored: a blocked signal would still arrive here.
            var action = sigaction()
            sigaction(signal, nil, &action)
            let isIgnored = action.__sigaction_handler.sa_handler.map { unsafeBitCast($0, to: Int.self) } == 1
            if !isIgnored || signal == Self.wakeUp { sigaddset(&set, signal) }
        }
        isInstalled = pthread_sigmask(SIG_BLOCK, &set, nil) == 0
        self.set = set
        thread = pthread_self()
    }

    private let set: sigset_t

    /// The signal that came, or nothing when the time is over or somebody called `wake`. No limit means for ever.
    public func next(milliseconds: Int?) -> Int32? {
        var set = set
        let signal: Int32
        if let milliseconds {
            var limit = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
            signal = sigtimedwait(&set, nil, &limit)
        } else {
            signal = sigwaitinfo(&set, nil)
        }
        return signal > 0 && signal != Self.wakeUp ? signal : nil
    }

    /// Whether one has come that nobody has waited for yet. For threads that have all signals blocked.
    public var isAnyPending: Bool {
        var (pending, waitedFor) = (sigset_t(), set)
        sigpending(&pending)
        return Self.ends.contains { sigismember(&pending, $0) == 1 && sigismember(&waitedFor, $0) == 1 }
    }

    /// Stops this process and all others of its group, as ^Z does. False when it was not stopped: a system stops nobody whom
    /// nobody could continue. `SIGCONT` has to be among what is waited for, and comes then.
    public static func stopGroup() -> Bool {
        signal(SIGTSTP, SIG_DFL)
        SignalMask.unblocking(SIGTSTP) { _ = kill(0, SIGTSTP) }
        var pending = sigset_t()
        sigpending(&pending)
        return sigismember(&pending, SIGCONT) == 1
    }

    /// Ends the wait of the thread that made this.
    public func wake() {
        pthread_kill(thread, Self.wakeUp)
    }
}
