import Platform
import Synchronization

/// How many bytes may be staged. Who writes more waits until something has come into the bucket.
final class StagingRoom: Sendable {
    private struct Waiting {
        let number: Int
        let count: Int
        let then: @Sendable (Bool) -> Void
        let alarm: AlarmClock.Number
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
        state.withLock { state in
            state.last += 1
            let number = state.last
            let alarm = AlarmClock.shared.set(milliseconds: time.milliseconds) { [weak self] in self?.giveUp(number) }
            state.waiting.append(Waiting(number: number, count: count, then: then, alarm: alarm))
        }
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
        for waiting in served {
            AlarmClock.shared.callOff(waiting.alarm)
            waiting.then(true)
        }
    }

    private func giveUp(_ number: Int) {
        let waiting = state.withLock { state in
            state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0) }
        }
        waiting?.then(false)
    }
}
