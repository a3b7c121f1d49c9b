import Platform
import Synchronization

/// How many bytes may be staged. Who writes more waits until something has come into the bucket.
final class StagingRoom: Sendable {
    private struct Waiting {
        let number: Int
        let count: Int
        let then: @Sendable (Bool) -> Void
    }

    private struct State {
        var left: Int
        var waiting: [Waiting] = []
        var last = 0
    }

    private let state: Mutex<State>

    init(_ bytes: Int) {
        state = Mutex(State(left: min(bytes, .max / 2)))
    }

    var isShort: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// Those who wait come first.
    func take(_ count: Int) -> Bool {
        state.withLock { state in
            guard state.waiting.isEmpty, state.left >= count else { return false }
            state.left -= count
            return true
        }
    }

    /// What is there already counts, too, however little room there is.
    func takeAnyway(_ count: Int) { state.withLock { $0.left -= count } }

    /// Calls back with true when it was taken, or with false when the time is over.
    func take(_ count: Int, within time: TimeSpan, then: @escaping @Sendable (Bool) -> Void) {
        let number = state.withLock { state in
            state.last += 1
            state.waiting.append(Waiting(number: state.last, count: count, then: then))
            return state.last
        }
        _ = AlarmClock.shared.set(milliseconds: time.milliseconds) { [weak self] in self?.giveUp(number) }
        give(0)
    }

    func give(_ count: Int) {
        let served = state.withLock { state in
            state.left += count
            var served: [Waiting] = []
            while let next = state.waiting.first, state.left >= next.count {
                state.left -= next.count
                served.append(state.waiting.removeFirst())
            }
            return served
        }
        for waiting in served { waiting.then(true) }
    }

    /// Nothing will come: nobody need wait.
    func giveUp() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiting in waiting { waiting.then(false) }
    }

    private func giveUp(_ number: Int) {
        let waiting = state.withLock { state in
            state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0) }
        }
        waiting?.then(false)
    }
}
