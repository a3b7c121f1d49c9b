import Synchronization

/// Bounds what all requests of a client repeat together, so that an outage does not multiply the load of those who are
/// trying to end it.
///
/// A repetition takes one token. There are 200 at first and at most; every success brings a tenth of one and every
/// second ten. So a service that fails now and then is always asked again at once, and one that is down gets ten
/// requests a second, however many workers there are. Who finds no token is not refused but waits for one: its request
/// fails only when that would take it past its deadline.
public final class RetryBudget: Sendable {
    public struct Limits: Sendable, Equatable {
        public var tokens = 200
        public var perSuccess = 0.1
        public var perSecond = 10.0

        public init() {}
    }

    private struct State {
        var tokens: Double
        var at: Int
    }

    private let limits: Limits
    private let state: Mutex<State>

    init(_ limits: Limits, now: Int) {
        self.limits = limits
        state = Mutex(State(tokens: Double(limits.tokens), at: now))
    }

    func noteSuccess() {
        state.withLock { $0.tokens = min(Double(limits.tokens), $0.tokens + limits.perSuccess) }
    }

    /// Takes a token and says how long to wait for it; nothing, and no token taken, when that is longer than allowed.
    func take(now: Int, waitingAtMost longest: Int) -> Int? {
        state.withLock { state in
            let earned = Double(max(0, now - state.at)) / 1000 * limits.perSecond
            state.tokens = min(Double(limits.tokens), state.tokens + earned)
            state.at = now
            // Tokens below nothing are promised already.
            let missing = 1 - state.tokens
            let wait = missing <= 0 ? 0 : limits.perSecond > 0 ? missing / limits.perSecond * 1000 : .infinity
            guard wait <= Double(longest) else { return nil }
            state.tokens -= 1
            return Int(wait.rounded(.up))
        }
    }
}
