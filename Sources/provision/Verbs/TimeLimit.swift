import Glibc
import Platform
import Synchronization

/// The time that a run may take, from its beginning on. Stores and disks that are asked may hang, so a thread looks at the clock
/// meanwhile. Nothing has been changed then: the run can end at once.
final class TimeLimit: Sendable {
    private enum State { case free, asking, over }

    private let milliseconds: Int?
    private let watch = Stopwatch()
    private let state = Mutex(State.free)

    init(_ limit: TimeSpan?) {
        milliseconds = limit?.milliseconds
    }

    /// What is left of it.
    var left: Int? { milliseconds.map { max(0, $0 - Int(watch.seconds * 1000)) } }

    /// From now on until `endAsking`, `end` is called when the time is over; it does not return.
    func beginAsking(orEnd end: @escaping @Sendable () -> Void) {
        guard let left else { return }
        state.withLock { $0 = .asking }
        _ = MaskedThread.start(named: "time limit") { [self] in
            Threads.sleep(milliseconds: left)
            let isLate = state.withLock { state in
                guard state == .asking else { return false }
                state = .over
                return true
            }
            if isLate { end() }
        }
    }

    func endAsking() {
        let isOver = state.withLock { state in
            if state == .asking { state = .free }
            return state == .over
        }
        // The other thread ends the program.
        while isOver { pause() }
    }
}
