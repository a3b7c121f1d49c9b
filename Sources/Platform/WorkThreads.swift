import Glibc
import Synchronization

/// Threads on which tasks run that also make calls which wait for disks: Swift's own pool has one thread for each core and must
/// never wait. `Task(executorPreference:)` puts a task here; it comes back here after everything it awaits.
public final class WorkThreads: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var taken = 0
        var isClosed = false

        mutating func next() -> UnownedJob? {
            guard taken < jobs.count else { return nil }
            defer {
                taken += 1
                // What has been taken goes all at once, when nothing is left or it is most of the list.
                if taken == jobs.count || taken > 1024 {
                    jobs.removeFirst(taken)
                    taken = 0
                }
            }
            return jobs[taken]
        }
    }

    private let state = Mutex(State())
    private let ready = Semaphore()
    private let count: Int

    public init(_ count: Int) {
        self.count = count
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        ready.signal()
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
            threads.close()
        }
        threads.serve()
        others.join()
        guard let success = outcome.withLock({ $0 }) else { fatalError("a task has ended without its outcome") }
        return success
    }

    private func close() {
        state.withLock { $0.isClosed = true }
        for _ in 0..<count { ready.signal() }
    }

    private func serve() {
        while true {
            ready.wait()
            let (job, isClosed) = state.withLock { ($0.next(), $0.isClosed) }
            if let job {
                job.runSynchronously(on: asUnownedTaskExecutor())
            } else if isClosed {
                return
            }
        }
    }
}
