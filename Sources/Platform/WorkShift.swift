/// Which of some threads are at work. Whoever has been at one thing for two looks waits for something, most likely for a disk, and
/// no longer counts: somebody looks now and then, since no thread is told that another one waits.
struct WorkShift {
    private enum State {
        case resting
        case working(since: Int)
        case waiting
    }

    /// How many are at work and have not been for long.
    private(set) var count = 0
    private var states: [State] = []
    private var looks = 0

    /// A thread's number.
    mutating func enter() -> Int {
        states.append(.resting)
        return states.count - 1
    }

    mutating func begin(_ thread: Int) {
        states[thread] = .working(since: looks)
        count += 1
    }

    mutating func end(_ thread: Int) {
        if case .working = states[thread] { count -= 1 }
        states[thread] = .resting
    }

    mutating func look() {
        looks += 1
        for (thread, state) in states.enumerated() {
            guard case .working(let since) = state, looks - since >= 2 else { continue }
            states[thread] = .waiting
            count -= 1
        }
    }
}
