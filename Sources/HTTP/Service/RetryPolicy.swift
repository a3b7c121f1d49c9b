/// When a request is made again, and after how long.
public struct RetryPolicy: Sendable, Equatable {
    public var attempts = 10
    /// Waits are random between nothing and `base` doubled with each attempt, no longer than `longest`.
    public var baseMilliseconds = 100
    public var longestMilliseconds = 20_000
    /// The longest that a service may ask us to wait (Retry-After); beyond, its answer is the answer.
    public var longestAskedMilliseconds = 120_000
    /// No attempt is begun after this.
    public var deadlineMilliseconds = 300_000

    public init() {}
}
