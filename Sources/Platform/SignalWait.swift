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

    /// The signal that came, or nothing when the time is over or somebody called `wake`.
    public func next(milliseconds: Int) -> Int32? {
        var set = set
        var limit = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        let signal = sigtimedwait(&set, nil, &limit)
        return signal > 0 && signal != Self.wakeUp ? signal : nil
    }

    /// Whether one has come that nobody has waited for yet. For threads that have all signals blocked.
    public var isAnyPending: Bool {
        var (pending, waitedFor) = (sigset_t(), set)
        sigpending(&pending)
        return Self.ends.contains { sigismember(&pending, $0) == 1 && sigismember(&waitedFor, $0) == 1 }
    }

    /// Ends the wait of the thread that made this.
    public func wake() {
        pthread_kill(thread, Self.wakeUp)
    }
}
