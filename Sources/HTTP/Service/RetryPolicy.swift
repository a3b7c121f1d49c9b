/// When a request is made again, and after how long.
public struct RetryPolicy: Sendable, Equatable {
    public var attempts = 10
    /// Waits are random between nothing and `base` doubled with each attempt, no longer than `longest`.
    public var baseMilliseconds = 100
    public var longestMilliseconds = 20_000
    /// The longest that a service may ask us to wait (Retry-After); beyond, its answer is the answer.
    public var longestAskedMilliseconds = 120_000
    /// No attempt is begun after so long, to which each attempt adds a minute at most: a longer one has moved bytes.
    public var deadlineMilliseconds = 300_000
    /// So long nobody may be there, each time: a network is down for minutes or not at all. Attempts then count for nothing.
    public var outageMilliseconds = 0
    /// Waits are random between half of that and all of it, so that few tries last a known time.
    var waitsAtLeastHalf = false

    public init() {}

    /// For what is worth waiting for.
    public static var patient: RetryPolicy {
        var policy = RetryPolicy()
        policy.outageMilliseconds = policy.deadlineMilliseconds
        return policy
    }

    /// The same for a host that has never answered, while it is only asked: a few tries, so that a hiccup or a server that is
    /// just starting is not taken for an absence, and an end within five seconds.
    var forStrangers: RetryPolicy {
        var policy = self
        policy.attempts = min(attempts, 5)
        policy.baseMilliseconds = min(baseMilliseconds * 3, 300)
        policy.deadlineMilliseconds = min(deadlineMilliseconds, 5000)
        policy.outageMilliseconds = 0
        policy.waitsAtLeastHalf = true
        return policy
    }
}
