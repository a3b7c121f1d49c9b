import Glibc

/// Threads of our own for work that blocks on disks: such work never goes into Swift's cooperative pool.
public enum Threads {
    /// Runs `work` on this thread and others, `count` in all, and returns when all have ended.
    public static func run(_ count: Int, _ work: @escaping @Sendable () -> Void) {
        let others = begin(count - 1, work)
        work()
        others.join()
    }

    /// Begins `work` on threads of its own.
    public static func begin(_ count: Int, _ work: @escaping @Sendable () -> Void) -> Group {
        Group(threads: (0..<max(0, count)).compactMap { _ in start(work) })
    }

    public struct Group: ~Copyable {
        fileprivate let threads: [pthread_t]

        /// Waits until all have ended.
        public consuming func join() {
            for thread in threads { pthread_join(thread, nil) }
        }
    }

    public static func sleep(milliseconds: Int) {
        var rest = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        var left = timespec()
        while nanosleep(&rest, &left) == -1 && errno == EINTR { rest = left }
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Nothing when the system gives no more threads; then the others do the work.
    private static func start(_ work: @escaping @Sendable () -> Void) -> pthread_t? {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Work(work))
        let failure = SignalMask.whileBlocked {
            pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                    return nil
                }, argument.toOpaque())
        }
        guard failure == 0 else {
            argument.release()
            return nil
        }
        return thread
    }

    public static var processors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
