import Glibc
import Platform
import Synchronization
import Testing

@Suite struct WorkThreadsTests {
    /// A task that waits until it is let go.
    private final class Wait: Sendable {
        private let waiting = Mutex<CheckedContinuation<Void, Never>?>(nil)

        func wait() async {
            await withCheckedContinuation { continuation in waiting.withLock { $0 = continuation } }
        }

        func end() { waiting.withLock { $0.take() }?.resume() }
    }

    private func nested() async -> pthread_t { pthread_self() }

    @Test func aTaskBeginsHereAndGoesOnThere() async {
        let threads = WorkThreads.lasting(1)
        let wait = Wait()
        let steps = Mutex<[Bool]>([])
        let thread = await Task(executorPreference: threads) { pthread_self() }.value
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let caller = pthread_self()
            threads.begin(here: {
                steps.withLock { $0.append(pthread_self() == caller && WorkThreads.current === threads) }
                // Calling is not waiting.
                let inside = await nested()
                steps.withLock { $0.append(inside == caller) }
                await wait.wait()
                steps.withLock { $0.append(pthread_self() == thread) }
                continuation.resume()
            })
            // It has run as far as it goes, and this thread is none of them.
            steps.withLock { $0.append($0.count == 2) }
            #expect(WorkThreads.current == nil)
            wait.end()
        }
        #expect(steps.withLock { $0 } == [true, true, true, true])
    }

    @Test func tasksOfLastingThreadsFindThem() {
        let threads = WorkThreads.lasting(2)
        #expect(WorkThreads.current == nil)
        let isFound = threads.wait {
            let task = Task(executorPreference: WorkThreads.current) { WorkThreads.current === threads }
            return await task.value
        }
        #expect(isFound)
    }

    @Test func threadsThatEndAreNotFound() {
        #expect(WorkThreads.run(2) { _ in WorkThreads.current == nil })
    }
}
