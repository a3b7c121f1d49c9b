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
    /// Reads bodies of 1 MiB and more over TLS in pieces of 256 KiB, by a filter under OpenSSL. A tenth less CPU.
    public var batchesLargeReads = true
    public var retries = RetryPolicy()
    public var proxies = Proxies.ofEnvironment
    /// Says what addresses a name has, instead of the system; nothing for names that the system is asked about.
    public var addresses: (@Sendable (_ host: String) -> [String]?)?
    public var budget = RetryBudget.Limits()

    public init() {}
}
