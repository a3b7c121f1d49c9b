import Glibc
import Synchronization

/// Threads on which tasks run that also make calls which wait for disks: Swift's own pool has one thread for each core and must
/// never wait. `Task(executorPreference:)` puts a task here; it comes back here after everything it awaits.
public final class WorkThreads: TaskExecutor {
    private let queue: JobQueue<UnownedJob>

    private init(atOnce: Int) {
        queue = JobQueue(atOnce: atOnce)
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        if let first = FirstJob.awaited, first.job == nil {
            first.job = UnownedJob(job)
        } else {
            queue.append(UnownedJob(job))
        }
    }

    /// Runs `body` on this thread and others, `count` in all, and waits for it; so this must not be one of Swift's pool. Tasks
    /// that it begins outside of a group name the threads again. No more than `atOnce` of them work at once, but for those that wait
    /// for a disk.
    public static func run<Success: Sendable>(
        _ count: Int, atOnce: Int = .max, _ body: @escaping @Sendable (WorkThreads) async -> Success
    ) -> Success {
        let threads = WorkThreads(atOnce: atOnce)
        let outcome = Outcome<Success>()
        let others = Threads.begin(count - 1) { threads.serve() }
        Task(executorPreference: threads) {
            outcome.set(await body(threads))
            threads.queue.close()
        }
        threads.serve()
        others.join()
        return outcome.value
    }

    /// Threads that serve for as long as the process lives.
    public static func lasting(_ count: Int) -> WorkThreads {
        let threads = WorkThreads(atOnce: .max)
        var started = 0
        for _ in 0..<count {
            let thread = MaskedThread.start(named: "work") {
                pthread_setspecific(key, Unmanaged.passUnretained(threads).toOpaque())
                threads.serve()
            }
            if thread != nil { started += 1 }
        }
        // Fewer do the same work; without any everybody would wait for ever.
        guard started > 0 else { fatalError("the system gives no thread to work on") }
        return threads
    }

    /// Runs `body` on the threads, and waits for it on this one, which must be none of them.
    public func wait<Success: Sendable>(for body: @escaping @Sendable () async -> Success) -> Success {
        let outcome = Outcome<Success>()
        let isDone = Semaphore()
        Task(executorPreference: self) {
            outcome.set(await body())
            isDone.signal()
        }
        isDone.wait()
        return outcome.value
    }

    /// Begins a task on this thread, which is none of these: it runs here until it waits for the first time, and on these, which
    /// last, from then on. Waking one of them takes longer than most of what a task does before it waits.
    public func begin(here body: @escaping @Sendable () async -> Void) {
        let first = FirstJob()
        FirstJob.awaited = first
        Task(executorPreference: self) { await body() }
        FirstJob.awaited = nil
        let before = pthread_getspecific(Self.key)
        pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
        first.job?.runSynchronously(on: asUnownedTaskExecutor())
        pthread_setspecific(Self.key, before)
    }

    /// What a task that is being begun on this thread does first.
    private final class FirstJob {
        var job: UnownedJob?

        private static let key = newKey()

        static var awaited: FirstJob? {
            get { pthread_getspecific(key).map { Unmanaged<FirstJob>.fromOpaque($0).takeUnretainedValue() } }
            set { pthread_setspecific(key, newValue.map { Unmanaged.passUnretained($0).toOpaque() }) }
        }
    }

    /// Those that this thread is one of, if they last: for a task that may outlive the one which begins it. On Swift's own pool
    /// it would do as well, but that wakes up every second from its first task on.
    public static var current: WorkThreads? {
        pthread_getspecific(key).map { Unmanaged<WorkThreads>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let key = newKey()

    private static func newKey() -> pthread_key_t {
        var key = pthread_key_t()
        // A process has a thousand, of which libraries take a handful.
        guard pthread_key_create(&key, nil) == 0 else { fatalError("no more keys for threads") }
        return key
    }

    private func serve() {
        let executor = asUnownedTaskExecutor()
        queue.serve { $0.runSynchronously(on: executor) }
    }
}

/// What a task hands to the thread that waits for it.
private final class Outcome<Success: Sendable>: Sendable {
    private let success = Mutex<Success?>(nil)

    func set(_ value: Success) { success.withLock { $0 = value } }

    /// The task wakes whoever waits only after it has set this.
    var value: Success {
        guard let value = success.withLock({ $0 }) else { fatalError("a task has ended without its outcome") }
        return value
    }
}
