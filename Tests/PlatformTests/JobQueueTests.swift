import Glibc
import Synchronization
import Testing

@testable import Platform

@Suite struct JobQueueTests {
    private static let never = 3_600_000_000_000

    /// How many are inside of it.
    private final class Room: Sendable {
        private let counts = Mutex((now: 0, most: 0))

        var most: Int { counts.withLock { $0.most } }

        func enter() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
        func leave() { counts.withLock { $0.now -= 1 } }
    }

    /// Jobs are done while they are handed in, and the rest behind that.
    private func perform(
        _ jobs: Int, on threads: Int, _ queue: JobQueue<Int>, _ body: @escaping @Sendable (Int) -> Void
    ) {
        let group = Threads.begin(threads) { queue.serve(body) }
        for job in 0..<jobs { queue.append(job) }
        queue.close()
        group.join()
    }

    @Test(arguments: [1, 2, .max]) func eachJobIsDoneOnce(atOnce: Int) {
        let done = Mutex([Int](repeating: 0, count: 10_000))
        perform(10_000, on: 6, JobQueue(atOnce: atOnce)) { job in done.withLock { $0[job] += 1 } }
        #expect(done.withLock { $0.allSatisfy { $0 == 1 } })
    }

    @Test func oneThreadKeepsTheOrder() {
        let order = Mutex([Int]())
        perform(5_000, on: 1, JobQueue(atOnce: 4)) { job in order.withLock { $0.append(job) } }
        #expect(order.withLock { $0 == Array(0..<5_000) })
    }

    @Test func noMoreWorkThanMay() {
        let queue = JobQueue<Int>(atOnce: 2, interval: Self.never)
        let room = Room()
        let ended = Semaphore()
        let group = Threads.begin(6) {
            queue.serve { _ in
                room.enter()
                for _ in 0..<20 { sched_yield() }
                room.leave()
                ended.signal()
            }
        }
        for job in 0..<500 { queue.append(job) }
        for _ in 0..<500 { ended.wait() }
        queue.close()
        group.join()
        #expect(room.most <= 2)
    }

    /// Six jobs that wait for one another, where one may work.
    @Test(.timeLimit(.minutes(1))) func forEachThatWaitsAnotherBegins() {
        let queue = JobQueue<Int>(atOnce: 1)
        let begun = Semaphore()
        let mayEnd = Semaphore()
        let group = Threads.begin(6) {
            queue.serve { _ in
                begun.signal()
                mayEnd.wait()
            }
        }
        for job in 0..<6 { queue.append(job) }
        for _ in 0..<6 { begun.wait() }
        for _ in 0..<6 { mayEnd.signal() }
        queue.close()
        group.join()
    }

    /// They come one by one, when all others rest.
    @Test(.timeLimit(.minutes(1))) func theLastOfSeveralWhoWaitIsFollowed() {
        let queue = JobQueue<Int>(atOnce: 2)
        let begun = Semaphore()
        let mayEnd = Semaphore()
        let group = Threads.begin(4) {
            queue.serve { _ in
                begun.signal()
                mayEnd.wait()
            }
        }
        for job in 0..<4 {
            queue.append(job)
            begun.wait()
        }
        for _ in 0..<4 { mayEnd.signal() }
        queue.close()
        group.join()
    }
}
