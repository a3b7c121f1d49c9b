import Platform
import Synchronization

/// The places for requests under way, as many as `PaceRule` finds to be of use.
final class Pace: Sendable {
    /// What a request needs to begin.
    struct Place {
        fileprivate var begun = 0.0
        fileprivate var isFirst = true

        /// A request begins.
        mutating func begin() { begun = Stopwatch.now }
    }

    /// What one request has brought.
    enum Moved {
        case whole(Int)
        /// So many bytes, and parts of an object: the longer requests are to be compared with the shorter ones before.
        case parts(Int, Int)

        fileprivate var bytesOfOne: Int {
            switch self {
            case .whole(let bytes): bytes
            case .parts(let bytes, let count): bytes / count
            }
        }

        fileprivate var count: Int { if case .parts(_, let count) = self { count } else { 1 } }
    }

    private struct State {
        var rule: PaceRule
        var active = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>
    private let spent: @Sendable () -> ProcessorTime

    init(first: Int, ceiling: Int, _ spent: @escaping @Sendable () -> ProcessorTime) {
        self.spent = spent
        let now = PaceMoment(time: Stopwatch.now, processors: spent())
        state = Mutex(
            State(rule: PaceRule(first: first, ceiling: ceiling, processors: Threads.processors, at: now)))
    }

    var limit: Int { state.withLock { $0.rule.limit } }

    /// Waits for a place.
    func enter() async -> Place {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.active >= state.rule.limit else {
                    state.active += 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        return Place()
    }

    /// A request has ended that moved so much. False when its place was one too many, which is gone; else who had
    /// the place goes on with it: handing it to another would cost a change of threads for each object.
    func goOn(with place: inout Place, after moved: Moved) -> Bool {
        let now = Stopwatch.now
        defer { place.isFirst = false }
        return change { state in
            state.rule.note(
                bytes: moved.bytesOfOne, parts: moved.count, begun: place.begun, isFirst: place.isFirst, at: now,
                spent: spent)
            guard state.active > state.rule.limit else { return true }
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
            while state.active < state.rule.limit, !state.waiting.isEmpty {
                state.active += 1
                next.append(state.waiting.removeLast())
            }
            if state.active < state.rule.limit { state.rule.noteSlack() }
            return (outcome, next)
        }
        for continuation in next { continuation.resume() }
        return outcome
    }
}
