import HTTP
import Platform
import Synchronization

/// Asks stores and disks, which may hang, on other threads, while this one looks at the clock and hears signals. Nothing has
/// been changed by then, so that whoever hangs is left behind.
struct Asking {
    enum Outcome<Success: Sendable> {
        case done(Success)
        /// The time is over.
        case late
        /// Somebody wants the program to end.
        case signal(Int32)
    }

    private let limit: Int?
    private let watch = Stopwatch()
    private let signals: SignalWait

    private static let longestWait = 3_600_000
    /// For those who are asked to stop.
    private static let moment = 1000

    /// The limit's time begins now. Without `signals`, which have to be made before any thread is, the program ends by them as
    /// any other does.
    init(_ limit: TimeSpan?, signals: SignalWait = SignalWait(for: [])) {
        self.limit = limit?.milliseconds
        self.signals = signals
    }

    /// What is left of the time.
    var left: Int? { limit.map { max(0, $0 - Int(watch.seconds * 1000)) } }

    /// For what waits by itself, and hears of no end.
    func run<Success: Sendable>(waiting body: @escaping @Sendable () -> Success) -> Outcome<Success> {
        let work = Work<Success>()
        guard start(work, body) else { return .done(body()) }
        return wait(for: work)
    }

    /// What is given up is cancelled.
    func run<Success: Sendable>(_ body: @escaping @Sendable () async -> Success) -> Outcome<Success> {
        let work = Work<Success>()
        let wait: @Sendable () -> Success = {
            WorkThreads.run(2) { threads in
                let task = Task(executorPreference: threads) {
                    await Patience.$current.withValue(.asking) { await body() }
                }
                work.set(task)
                return await task.value
            }
        }
        guard start(work, wait) else { return .done(wait()) }
        let outcome = self.wait(for: work)
        if work.cancel() {
            // What it has to say, it says before we go on.
            let sinceCancelled = Stopwatch()
            while work.success == nil, sinceCancelled.seconds * 1000 < Double(Self.moment) {
                _ = signals.next(milliseconds: Self.moment)
            }
        }
        return outcome
    }

    /// False when the system gives no thread.
    private func start<Success>(_ work: Work<Success>, _ body: @escaping @Sendable () -> Success) -> Bool {
        let thread = MaskedThread.start(named: "asking") { [signals] in
            work.end(body())
            signals.wake()
        }
        return thread != nil
    }

    private func wait<Success>(for work: Work<Success>) -> Outcome<Success> {
        while true {
            if let success = work.success { return .done(success) }
            let left = left
            if left == 0 { return .late }
            if let signal = signals.next(milliseconds: min(left ?? Self.longestWait, Self.longestWait)) {
                return .signal(signal)
            }
        }
    }
}

/// What one thread does and another waits for.
private final class Work<Success: Sendable>: Sendable {
    private struct State {
        var success: Success?
        var task: Task<Success, Never>?
        var isGivenUp = false
    }

    private let state = Mutex(State())

    var success: Success? { state.withLock { $0.success } }

    func end(_ success: Success) { state.withLock { $0.success = success } }

    func set(_ task: Task<Success, Never>) {
        let isGivenUp = state.withLock { state in
            state.task = task
            return state.isGivenUp
        }
        if isGivenUp { task.cancel() }
    }

    /// Whether there was something to cancel.
    func cancel() -> Bool {
        let (isDone, task) = state.withLock { state in
            state.isGivenUp = true
            return (state.success != nil, state.task)
        }
        guard !isDone else { return false }
        task?.cancel()
        return true
    }
}
