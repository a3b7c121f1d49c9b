import Platform
import Synchronization
import Testing

/// Tests of real mounts. They wait for programs that wait for mounts, and look at how long that takes: so they run on a
/// thread of their own, apart from the few that all other tests share, and one after the other.
@Suite(.enabled(if: TestMount.isPossible, TestMount.absence), .serialized, .apart)
enum Mounts {}

private struct Apart: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(WaitingThreads.shared) { try await function() }
    }
}

extension Trait where Self == Apart {
    fileprivate static var apart: Apart { Apart() }
}

/// Threads on which tasks may wait.
private final class WaitingThreads: TaskExecutor {
    static let shared = WaitingThreads(2)

    private let jobs = Mutex<[UnownedJob]>([])
    private let ready = Semaphore()

    private init(_ count: Int) {
        for _ in 0..<count {
            _ = MaskedThread.start(named: "mount tests") { [self] in
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
