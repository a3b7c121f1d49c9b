import Platform
import Synchronization

/// How many requests are under way at once. It begins with few, since each connection costs; it grows while that moves more in
/// the same time, and goes back when it does not.
final class Pace: Sendable {
    private struct State {
        var limit: Int
        var active = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        /// What ended since the current limit was set.
        var window = Window()
        /// The best that was seen, and the limit at that time.
        var best = (rate: 0.0, limit: 0)
        var isSettled = false
        /// All places were taken for the whole window.
        var wasFull = true
    }

    private struct Window {
        let watch = Stopwatch()
        var work = 0.0
        var ended = 0
    }

    private let state: Mutex<State>
    private let ceiling: Int

    /// An object costs about as much as this many bytes, however small it is.
    private static let objectCost = 64.0 * 1024
    private static let shortestWindow = 0.05
    /// More of the work has to be done in a window than just what was under way.
    private static let turns = 2
    /// What growing has to bring.
    private static let gain = 1.1

    init(first: Int, ceiling: Int) {
        self.ceiling = max(1, ceiling)
        state = Mutex(State(limit: max(1, min(first, ceiling))))
    }

    var limit: Int { state.withLock { $0.limit } }

    /// Waits for a place.
    func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.active >= state.limit else {
                    state.active += 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// A request has ended that moved so many bytes. False when that was one place too many, which is gone; else who had the
    /// place goes on with it: handing it to another would cost a change of threads for each object.
    func goOn(afterMoving bytes: Int) -> Bool {
        change { state in
            state.window.work += Double(bytes) + Self.objectCost
            state.window.ended += 1
            adjust(&state)
            guard state.active > state.limit else { return true }
            state.active -= 1
            return false
        }
    }

    /// Gives the place back.
    func leave() {
        change { $0.active -= 1 }
    }

    /// Changes something, and hands out the places that are free then.
    private func change<Outcome>(_ change: (inout State) -> Outcome) -> Outcome {
        let (outcome, next) = state.withLock { state in
            let outcome = change(&state)
            var next: [CheckedContinuation<Void, Never>] = []
            while state.active < state.limit, !state.waiting.isEmpty {
                state.active += 1
                next.append(state.waiting.removeLast())
            }
            // Places that nobody asks for say nothing about what more of them would bring.
            if state.active < state.limit { state.wasFull = false }
            return (outcome, next)
        }
        for continuation in next { continuation.resume() }
        return outcome
    }

    private func adjust(_ state: inout State) {
        let seconds = state.window.watch.seconds
        guard !state.isSettled, seconds >= Self.shortestWindow, state.window.ended >= Self.turns * state.limit else {
            return
        }
        let rate = state.window.work / seconds
        if state.wasFull {
            if rate >= state.best.rate * Self.gain {
                state.best = (rate, state.limit)
                state.limit = min(ceiling, state.limit * 2)
                state.isSettled = state.limit == state.best.limit
            } else {
                state.limit = max(1, state.best.limit)
                state.isSettled = true
            }
        }
        state.window = Window()
        state.wasFull = true
    }
}
