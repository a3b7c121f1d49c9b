import Glibc
import Synchronization

/// Threads on which tasks run that also make calls which wait for disks: Swift's own pool has one thread for each core and must
/// never wait. `Task(executorPreference:)` puts a task here; it comes back here after everything it awaits.
public final class WorkThreads: TaskExecutor {
    private let queue = JobQueue()
    private let count: Int

    public init(_ count: Int) {
        self.count = count
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        queue.append(UnownedJob(job))
    }

    /// Runs `body` on this thread and others, `count` in all, and waits for it; so this must not be one of Swift's pool. Tasks
    /// that it begins outside of a group name the threads again.
    public static func run<Success: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (WorkThreads) async -> Success
    ) -> Success {
        let threads = WorkThreads(count)
        let outcome = Mutex<Success?>(nil)
        let others = Threads.begin(count - 1) { threads.serve() }
        Task(executorPreference: threads) {
            let success = await body(threads)
            outcome.withLock { $0 = success }
            threads.queue.close()
        }
        threads.serve()
        others.join()
        guard let success = outcome.withLock({ $0 }) else { fatalError("a task has ended without its outcome") }
        return success
    }

    /// Threads that serve for as long as the process lives.
    public static func lasting(_ count: Int) -> WorkThreads {
        let threads = WorkThreads(count)
        for _ in 0..<count {
            _ = MaskedThread.start(named: "work") { threads.serve() }
        }
        return threads
    }

    private func serve() {
        let executor = asUnownedTaskExecutor()
        while let job = queue.next() { job.runSynchronously(on: executor) }
    }
}
