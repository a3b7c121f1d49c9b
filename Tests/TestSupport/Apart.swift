import Platform
import Synchronization
public import Testing

/// For suites whose tests wait on their thread, as for programs that they start. The threads on which tests run are as few as
/// the machine has processors: whoever waits there keeps the tests from going on which look at the time.
public struct Apart: SuiteTrait, TestTrait, TestScoping {
    public var isRecursive: Bool { true }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(WaitingThreads.shared) { try await function() }
    }
}

extension Trait where Self == Apart {
    /// On threads of their own.
    public static var apart: Apart { Apart() }
}

/// Threads on which tasks may wait.
private final class WaitingThreads: TaskExecutor {
    static let shared = WaitingThreads(6)

    private let jobs = Mutex<[UnownedJob]>([])
    private let ready = Semaphore()

    private init(_ count: Int) {
        for _ in 0..<count {
            _ = MaskedThread.start(named: "waiting tests") { [self] in
                while true {
                    ready.wait()
                    let job = jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                    job?.runSynchronously(on: asUnownedTaskExecutor())
                }
            }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        ready.signal()
    }
}
