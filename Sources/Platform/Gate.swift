import Synchronization

/// Lets so much work through at once; the rest waits in the order in which it came, tasks and threads alike, unless another
/// order is wanted for a while.
public final class Gate: Sendable {
    private enum Waiting {
        case task(CheckedContinuation<Void, Never>)
        case thread(Semaphore)
    }

    private struct State {
        var free: Int
        var waiting = WaitingLine<Waiting>()
    }

    private let state: Mutex<State>

    public init(_ places: Int) {
        state = Mutex(State(free: max(1, places)))
    }

    /// From now on those of the highest rank come first, and behind them those whose rank is higher than this. With nothing
    /// it is as it was.
    public func preferHighest(upTo rank: Int?) { state.withLock { $0.waiting.highestRank = rank } }

    /// How many wait.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Runs `body` when there is a place.
    public func pass<Success: Sendable, Failure: Error>(
        rank: Int = 0, _ body: () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        await enter(rank: rank)
        defer { leave() }
        return try await body()
    }

    /// The same on a thread that may wait.
    public func passWaiting<Success, Failure: Error>(
        _ body: () throws(Failure) -> Success
    ) throws(Failure) -> Success {
        let semaphore = Semaphore()
        if !take(orWait: .thread(semaphore), 0) { semaphore.wait() }
        defer { leave() }
        return try body()
    }

    /// Every `enter` is followed by one `leave`.
    public func enter(rank: Int = 0) async {
        if takeIfFree() { return }
        await withCheckedContinuation { continuation in
            if take(orWait: .task(continuation), rank) { continuation.resume() }
        }
    }

    public func leave() {
        let next = state.withLock { state -> Waiting? in
            if let next = state.waiting.next() { return next }
            state.free += 1
            return nil
        }
        switch next {
        case .task(let continuation): continuation.resume()
        case .thread(let semaphore): semaphore.signal()
        case nil: break
        }
    }

    private func takeIfFree() -> Bool {
        state.withLock { state in
            guard state.free > 0 else { return false }
            state.free -= 1
            return true
        }
    }

    private func take(orWait waiting: Waiting, _ rank: Int) -> Bool {
        state.withLock { state in
            guard state.free == 0 else {
                state.free -= 1
                return true
            }
            state.waiting.append(waiting, rank: rank)
            return false
        }
    }
}
