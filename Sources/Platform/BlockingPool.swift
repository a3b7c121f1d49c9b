import Glibc
import Synchronization

/// Threads for calls that wait on disks and locks. Swift's own pool has one thread for each core and must never wait;
/// here a few more do nothing else. They start with the first work and stay.
///
/// Work runs without any lock of the pool held, so that it may hand in more work; only waiting for that from within is
/// a mistake, as in every pool.
public final class BlockingPool: Sendable {
    /// Disks and network file systems answer several at once, and more waiting threads than this gain nothing.
    public static let files = BlockingPool(threads: 8)

    private struct State {
        /// Newest first in `incoming`, oldest last in `outgoing`: both ends are cheap.
        var incoming: [@Sendable () -> Void] = []
        var outgoing: [@Sendable () -> Void] = []
        var threads = 0

        mutating func next() -> (@Sendable () -> Void)? {
            if outgoing.isEmpty {
                swap(&incoming, &outgoing)
                outgoing.reverse()
            }
            return outgoing.popLast()
        }
    }

    private let limit: Int
    private let giveWay: Bool
    private let state = Mutex(State())
    private let ready = Semaphore()

    /// Those that give way run where others of this process that want the processor leave some of it.
    public init(threads: Int, giveWay: Bool = false) {
        limit = threads
        self.giveWay = giveWay
    }

    /// Runs work on one of the threads. A task that is cancelled still waits for its work, which is told.
    public func run<Success: Sendable, Failure: Error>(
        _ work: @escaping @Sendable (Cancellation) throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        let cancellation = Cancellation()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<Success, Failure>, Never>) in
                submit {
                    continuation.resume(returning: Result { () throws(Failure) in try work(cancellation) })
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
        return try result.get()
    }

    private func submit(_ work: @escaping @Sendable () -> Void) {
        let needsThread = state.withLock { state in
            state.incoming.append(work)
            guard state.threads < limit else { return false }
            state.threads += 1
            return true
        }
        if needsThread && !startThread() {
            // Where no thread can be had (there are limits), the others do it, or else the caller.
            let isAlone = state.withLock { state in
                state.threads -= 1
                return state.threads == 0
            }
            if isAlone {
                // Also what others have handed in who found no thread either.
                while let work = state.withLock({ $0.next() }) { work() }
                return
            }
        }
        ready.signal()
    }

    private func startThread() -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let pool = Unmanaged.passRetained(self)
        let failure = SignalMask.whileBlocked {
            pthread_create(
                &thread, &attributes,
                { pool in
                    Unmanaged<BlockingPool>.fromOpaque(pool!).takeUnretainedValue().serve()
                    return nil
                }, pool.toOpaque())
        }
        if failure != 0 { pool.release() }
        return failure == 0
    }

    private func serve() {
        // Of this thread alone, on Linux.
        if giveWay { _ = nice(5) }
        while true {
            ready.wait()
            state.withLock { $0.next() }?()
        }
    }
}

/// Told to work that nobody waits for any more.
public final class Cancellation: Sendable {
    private let flag = Atomic(false)

    public init() {}

    public var isCancelled: Bool { flag.load(ordering: .relaxed) }

    public func cancel() { flag.store(true, ordering: .relaxed) }
}
