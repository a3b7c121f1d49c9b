import Glibc

/// Which signals reach a thread. Signals are for the threads that expect them, and a new thread inherits the mask of
/// whoever starts it.
enum SignalMask {
    /// Faults of its own are not kept from a thread, or a crash would leave no trace.
    private static let faults = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT]

    /// No signal reaches this thread meanwhile, nor ever the threads that are started.
    static func whileBlocked<Result>(_ body: () -> Result) -> Result {
        var mask = sigset_t()
        sigfillset(&mask)
        for fault in faults { sigdelset(&mask, fault) }
        return with(mask, SIG_SETMASK, body)
    }

    /// This one does not.
    static func blocking<Result>(_ signal: Int32, _ body: () -> Result) -> Result {
        with(of(signal), SIG_BLOCK, body)
    }

    /// This one does.
    static func unblocking<Result>(_ signal: Int32, _ body: () -> Result) -> Result {
        with(of(signal), SIG_UNBLOCK, body)
    }

    private static func of(_ signal: Int32) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, signal)
        return set
    }

    private static func with<Result>(_ mask: sigset_t, _ change: Int32, _ body: () -> Result) -> Result {
        var mask = mask
        var before = sigset_t()
        pthread_sigmask(change, &mask, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return body()
    }
}
