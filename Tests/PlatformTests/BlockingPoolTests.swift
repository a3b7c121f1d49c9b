import Glibc
import Platform
import Synchronization
import Testing

struct BlockingPoolTests {
    private final class Gate: Sendable {
        let isOpen = Atomic(false)
    }

    private final class Seen: Sendable {
        let threads = Mutex<Set<pthread_t>>([])
    }

    private struct Failure: Error, Equatable {}

    @Test func givesBackWhatTheWorkSays() async throws {
        let pool = BlockingPool(threads: 2)
        #expect(await pool.run { _ in 42 } == 42)
        await #expect(throws: Failure()) { try await pool.run { _ throws(Failure) in throw Failure() } }
    }

    @Test func noMoreThreadsThanAllowed() async {
        let pool = BlockingPool(threads: 3)
        let seen = Seen()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    await pool.run { _ in
                        usleep(200)
                        _ = seen.threads.withLock { $0.insert(pthread_self()) }
                    }
                }
            }
        }
        #expect(seen.threads.withLock { $0.count } == 3)
    }

    /// With one thread this would hang if a lock were held, or a thread awaited, while work runs.
    @Test func workHandsInWork() async {
        let pool = BlockingPool(threads: 1)
        @Sendable func nested(_ depth: Int) async -> Int {
            guard depth > 0 else { return 0 }
            let inner = await pool.run { _ in Task { await nested(depth - 1) } }
            return await inner.value + 1
        }
        #expect(await nested(100) == 100)
    }

    @Test func waitingWorkLeavesSwiftsThreadsAlone() async {
        let pool = BlockingPool(threads: 16)
        let gate = Gate()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask { await pool.run { _ in while !gate.isOpen.load(ordering: .relaxed) { usleep(500) } } }
            }
            // Runs although more threads wait than there are cores.
            group.addTask { gate.isOpen.store(true, ordering: .relaxed) }
        }
    }

    @Test(.timeLimit(.minutes(1))) func workIsToldOfCancellation() async {
        let pool = BlockingPool(threads: 1)
        let task = Task {
            await pool.run { cancellation in
                while !cancellation.isCancelled { usleep(500) }
                return true
            }
        }
        task.cancel()
        #expect(await task.value)
    }
}
