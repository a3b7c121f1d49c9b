/// Decides, for one request, whether it is made again and when. All of that is here and nowhere else.
struct Retries {
    let request: HTTPRequest
    let policy: RetryPolicy
    let timing: RetryTiming
    let budget: RetryBudget
    private let start: Int
    private(set) var attempts = 0
    private var mendings = 0
    /// Attempts at which a host that has answered before could not be reached.
    private var outages = 0

    /// A service that puts things right again and again does not.
    private static let mostMendings = 5

    init(_ request: HTTPRequest, _ policy: RetryPolicy, _ timing: RetryTiming, _ budget: RetryBudget) {
        self.request = request
        self.policy = policy
        self.timing = timing
        self.budget = budget
        start = timing.milliseconds()
    }

    mutating func begin() {
        attempts += 1
        request.meter?.countRequest(isRetry: attempts > 1)
    }

    /// How long to wait before the next attempt after an answer; nothing when it is the answer.
    mutating func wait(after response: HTTPResponse, _ verdict: HTTPVerdict) -> Int? {
        switch verdict {
        case .final: return nil
        case .mended:
            mendings += 1
            return mendings <= Self.mostMendings && attempts < policy.attempts ? 0 : nil
        case .usual where !isTemporary(response.status): return nil
        case .usual, .busy: break
        }
        guard let asked = RetryAfter.milliseconds(response.headers, timing) else { return wait(atLeast: 0) }
        return asked <= policy.longestAskedMilliseconds ? wait(atLeast: asked) : nil
    }

    /// `isKnown`: the host has answered before. When it is not there, only the time decides how often it is tried: an outage of
    /// half a minute would use up any sensible number of attempts.
    mutating func wait(after error: HTTPError, nothingSent: Bool, isKnown: Bool) -> Int? {
        guard error.isRetryable, request.isIdempotent || nothingSent else { return nil }
        if isKnown, nothingSent, policy.attempts > 1, [.cannotConnect, .unknownHost].contains(error.code) {
            outages += 1
        }
        return wait(atLeast: 0)
    }

    /// What a server that says 408, 429 or 503 was asked, it has not done; with the others nobody knows.
    private func isTemporary(_ status: Int) -> Bool {
        switch status {
        case 408, 429, 503: true
        case 500, 502, 504: request.isIdempotent
        default: false
        }
    }

    private func wait(atLeast asked: Int) -> Int? {
        guard attempts - outages < policy.attempts else { return nil }
        let doubled = policy.baseMilliseconds << min(attempts - 1, 30)
        let chance = timing.random(min(doubled, policy.longestMilliseconds))
        let now = timing.milliseconds()
        let left = policy.deadlineMilliseconds - (now - start)
        // Who asked us to come back at a moment does not mean everybody at that very moment.
        let wait = asked + (asked > 0 ? min(chance, policy.baseMilliseconds) : chance)
        guard wait <= left, let turn = budget.take(now: now, waitingAtMost: left) else { return nil }
        return max(wait, turn)
    }
}
