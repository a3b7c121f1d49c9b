/// Decides, for one request, whether it is made again and when. All of that is here and nowhere else.
struct Retries {
    let request: HTTPRequest
    let policy: RetryPolicy
    let timing: RetryTiming
    let budget: RetryBudget
    private let start: Int
    private(set) var attempts = 0
    private var mendings = 0

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
        guard let asked = RetryAfter.milliseconds(response.headers, timing) else { return wait(atLeast: 0, policy) }
        return asked <= policy.longestAskedMilliseconds ? wait(atLeast: asked, policy) : nil
    }

    /// `isStranger`: the host is only asked, and has never answered.
    func wait(after error: HTTPError, nothingSent: Bool, isStranger: Bool) -> Int? {
        guard error.isRetryable, request.isIdempotent || nothingSent else { return nil }
        if isStranger { return wait(atLeast: 0, policy.forStrangers) }
        let isOutage = error.isAbsence && timing.milliseconds() - start < policy.outageMilliseconds
        return wait(atLeast: 0, policy, counts: !isOutage)
    }

    /// What a server that says 408, 429 or 503 was asked, it has not done; with the others nobody knows.
    private func isTemporary(_ status: Int) -> Bool {
        switch status {
        case 408, 429, 503: true
        case 500, 502, 504: request.isIdempotent
        default: false
        }
    }

    private func wait(atLeast asked: Int, _ policy: RetryPolicy, counts: Bool = true) -> Int? {
        guard attempts < policy.attempts || !counts else { return nil }
        let most = min(policy.baseMilliseconds << min(attempts - 1, 30), policy.longestMilliseconds)
        let least = policy.waitsAtLeastHalf ? most / 2 : 0
        let chance = least + timing.random(most - least)
        let now = timing.milliseconds()
        let left = policy.deadlineMilliseconds - (now - start)
        // Who asked us to come back at a moment does not mean everybody at that very moment.
        let wait = asked + (asked > 0 ? min(chance, policy.baseMilliseconds) : chance)
        guard wait <= left, let turn = budget.take(now: now, waitingAtMost: left) else { return nil }
        return max(wait, turn)
    }
}
