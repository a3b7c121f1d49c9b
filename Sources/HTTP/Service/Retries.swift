/// Decides, for one request, whether it is made again and when. All of that is here and nowhere else.
struct Retries {
    let request: HTTPRequest
    let policy: RetryPolicy
    let timing: RetryTiming
    let budget: RetryBudget
    private(set) var attempts = 0
    /// Without those that nobody was there for.
    private var counted = 0
    private var mendings = 0
    private var began = 0
    /// Milliseconds that were waited and tried.
    private var spent = 0
    /// Since when nobody is there, and how often that was seen.
    private var absence: (since: Int, count: Int)?

    /// Of one attempt no more counts as time spent: a longer one has moved bytes, or would have been given up.
    private static let mostOfAnAttempt = 60_000
    /// A service that puts things right again and again does not.
    private static let mostMendings = 5

    init(_ request: HTTPRequest, _ policy: RetryPolicy, _ timing: RetryTiming, _ budget: RetryBudget) {
        self.request = request
        self.policy = policy
        self.timing = timing
        self.budget = budget
    }

    mutating func begin() {
        attempts += 1
        began = timing.milliseconds()
        request.meter?.countRequest(isRetry: attempts > 1)
    }

    /// How long to wait before the next attempt after an answer; nothing when it is the answer.
    mutating func wait(after response: HTTPResponse, _ verdict: HTTPVerdict) -> Int? {
        count()
        switch verdict {
        case .final: return nil
        case .mended:
            mendings += 1
            return mendings <= Self.mostMendings && counted < policy.attempts ? 0 : nil
        case .usual where !isTemporary(response.status): return nil
        case .usual, .busy: break
        }
        guard let asked = RetryAfter.milliseconds(response.headers, timing) else { return wait(atLeast: 0, policy) }
        return asked <= policy.longestAskedMilliseconds ? wait(atLeast: asked, policy) : nil
    }

    /// `isStranger`: the host is only asked, and has never answered.
    mutating func wait(after error: HTTPError, nothingSent: Bool, isStranger: Bool) -> Int? {
        let isOutage = error.isAbsence && !isStranger && policy.outageMilliseconds > 0
        if !isOutage { count() }
        guard error.isRetryable, request.isIdempotent || nothingSent else { return nil }
        if isOutage { return waitForReturn() }
        return wait(atLeast: 0, isStranger ? policy.forStrangers : policy)
    }

    private mutating func count() {
        counted += 1
        spent += min(timing.milliseconds() - began, Self.mostOfAnAttempt)
        absence = nil
    }

    /// What a server that says 408, 429 or 503 was asked, it has not done; with the others nobody knows.
    private func isTemporary(_ status: Int) -> Bool {
        switch status {
        case 408, 429, 503: true
        case 500, 502, 504: request.isIdempotent
        default: false
        }
    }

    private mutating func wait(atLeast asked: Int, _ policy: RetryPolicy) -> Int? {
        guard counted < policy.attempts else { return nil }
        let wait = turn(atLeast: asked, policy, after: counted, within: policy.deadlineMilliseconds - spent)
        spent += wait ?? 0
        return wait
    }

    /// What nobody answers to neither counts nor takes of the time for what somebody does.
    private mutating func waitForReturn() -> Int? {
        let since = absence?.since ?? began
        let count = (absence?.count ?? 0) + 1
        absence = (since, count)
        let left = policy.outageMilliseconds - (timing.milliseconds() - since)
        return turn(atLeast: 0, policy, after: count, within: left)
    }

    private func turn(atLeast asked: Int, _ policy: RetryPolicy, after tries: Int, within left: Int) -> Int? {
        let most = min(policy.baseMilliseconds << min(tries - 1, 30), policy.longestMilliseconds)
        let least = policy.waitsAtLeastHalf ? most / 2 : 0
        let chance = least + timing.random(most - least)
        // Who asked us to come back at a moment does not mean everybody at that very moment.
        let wait = asked + (asked > 0 ? min(chance, policy.baseMilliseconds) : chance)
        guard wait <= left, let turn = budget.take(now: timing.milliseconds(), waitingAtMost: left) else { return nil }
        return max(wait, turn)
    }
}
