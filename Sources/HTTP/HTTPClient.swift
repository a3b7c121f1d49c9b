/// Sends requests. Bytes go between connections and sinks on event-loop threads; only the outcome comes back here.
public final class HTTPClient: Sendable {
    public let settings: HTTPSettings

    public init(_ settings: HTTPSettings = HTTPSettings()) {
        self.settings = settings
    }

    /// The answer, after as many attempts as the policy allows. When this returns or throws, also by cancellation of the task,
    /// nothing touches the request's sink or body any more.
    public func send(
        _ request: HTTPRequest, to service: some HTTPService, retrying policy: RetryPolicy? = nil
    ) async throws(HTTPError) -> HTTPResponse {
        throw HTTPError(.exhausted, "to be built")
    }
}

/// What holds for all requests of a client.
public struct HTTPSettings: Sendable {
    public var userAgent = "provision"
    /// Event-loop threads.
    public var loops = 1
    /// Open connections to one host at most.
    public var connectionsPerHost = 256
    public var connectTimeoutMilliseconds = 10_000
    /// A transfer slower than this many bytes a second for this long is stalled.
    public var stallBytesPerSecond = 1024
    public var stallMilliseconds = 20_000
    public var retries = RetryPolicy()

    public init() {}
}
