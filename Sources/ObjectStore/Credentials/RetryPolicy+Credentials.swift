import HTTP

extension RetryPolicy {
    /// Whoever waits for credentials waits with everything.
    static var forCredentials: RetryPolicy {
        var policy = RetryPolicy()
        policy.attempts = 4
        policy.longestMilliseconds = 2000
        policy.longestAskedMilliseconds = 10_000
        policy.deadlineMilliseconds = 30_000
        return policy
    }

    /// For a service that is in the same machine or not there at all.
    static func forMetadata(_ attempts: Int) -> RetryPolicy {
        var policy = RetryPolicy()
        policy.attempts = attempts
        policy.longestMilliseconds = 500
        policy.longestAskedMilliseconds = 1000
        policy.deadlineMilliseconds = 5000
        return policy
    }
}
