import Glibc

/// A thread that no signal reaches, for loops that run as long as their owner. Signals are for the threads that expect
/// them.
public struct MaskedThread: ~Copyable, Sendable {
    private let thread: pthread_t

    private init(_ thread: pthread_t) {
        self.thread = thread
    }

    /// Nobody waits for its end: what it has of the system is given back then.
    deinit {
        pthread_detach(thread)
    }

    /// Nothing when the system gives no more threads. The name, up to 15 bytes, is for those who look from outside.
    public static func start(named name: StaticString, _ body: @escaping @Sendable () -> Void) -> MaskedThread? {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Body(name, body))
        let failure = SignalMask.whileBlocked {
            pthread_create(
                &thread, nil,
                { argument in
                    let body = Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
                    ThreadName.set(body.name)
                    body.run()
                    return nil
                }, argument.toOpaque())
        }
        guard failure == 0 else {
            argument.release()
            return nil
        }
        return MaskedThread(thread)
    }

    /// Waits for its end, unless it is this very thread that lets go of itself.
    public consuming func join() {
        if pthread_equal(thread, pthread_self()) != 0 {
            _ = consume self
        } else {
            pthread_join(thread, nil)
            discard self
        }
    }

    private final class Body: Sendable {
        let name: StaticString
        let run: @Sendable () -> Void

        init(_ name: StaticString, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }
}
