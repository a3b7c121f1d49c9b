import Platform
import Synchronization
import Testing

/// Work that waits for a place, as tasks and on threads.
@Suite struct GateTests {
    private final class Count: Sendable {
        private let state = Mutex((now: 0, most: 0, done: 0))

        var most: Int { state.withLock { $0.most } }
        var done: Int { state.withLock { $0.done } }

        func begin() {
            state.withLock { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
        }

        func end() {
            state.withLock { state in
                state.now -= 1
                state.done += 1
            }
        }
    }

    @Test func neverMoreThanThereArePlaces() async {
        let gate = Gate(3)
        let count = Count()
        let threads = Threads.begin(4) {
            for _ in 0..<50 {
                gate.passWaiting {
                    count.begin()
                    Threads.sleep(milliseconds: 1)
                    count.end()
                }
            }
        }
        await withTaskGroup { group in
            for _ in 0..<100 {
                group.addTask {
                    await gate.pass {
                        count.begin()
                        await Task.yield()
                        count.end()
                    }
                }
            }
        }
        threads.join()
        #expect(count.done == 300)
        #expect(count.most <= 3)
    }
}
