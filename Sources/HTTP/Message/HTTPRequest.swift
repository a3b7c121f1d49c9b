public import Checksums
public import Platform

public enum HTTPMethod: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
}

/// One request, and what is to become of its answer.
public struct HTTPRequest: Sendable {
    public var method: HTTPMethod
    public var address: HTTPAddress
    public var headers: HTTPHeaders
    public var body: ByteSource?
    /// Where the body of an answer goes that `accept` takes. Bodies of all others are kept in the response, as far as
    /// they are short: they say what went wrong.
    public var sink: ByteSink
    /// Asked on the event loop when the head of an answer is there and before its first byte is taken; it must not wait.
    /// Without one, answers of the 200s are taken whole.
    public var accept: (@Sendable (HTTPHead) -> Acceptance)?
    /// Computed over the bytes that go into the sink, while they are in the processor's cache.
    public var checksum: Checksum.Algorithm?
    /// Doing it twice is the same as doing it once, so that it may be sent again when nobody knows whether it arrived.
    public var isIdempotent: Bool
    /// The service has to prepare each attempt of it: it is not sent again as it is when its connection breaks.
    public var isPreparedEachTime = false
    /// Whose certificates are believed.
    public var trust: TLSTrust
    /// Through the proxy that the environment names, if it names one. Link-local addresses never are.
    public var usesProxy = true
    /// Refuses to connect to link-local addresses, whatever name led there: for where a server's word sends us.
    public var avoidsLinkLocal = false
    /// How long the service may work before its answer begins, when that may be longer than a stall: copies within a
    /// service and the completion of large uploads take their time.
    public var answerMilliseconds: Int?
    /// Such a service may send its head first, and then a space now and then while it works: also that is no stall, as long as
    /// no silence is longer than it may work.
    public var answerMayTrickle = false
    /// Counts what this request costs, together with others of its owner.
    public var meter: HTTPMeter?

    public enum Acceptance: Sendable {
        /// The body goes into the sink, without the first `skip` bytes and no further than `limit` of the rest; what is
        /// beyond is not waited for. When fewer than `expected` come, the answer was cut short, and is tried again.
        case sink(skip: Int = 0, limit: Int? = nil, expected: Int? = nil)
        /// The body goes into the response.
        case keep
        /// The answer is not one that can be used; the request fails with this.
        case refuse(HTTPError)
    }

    public init(
        _ method: HTTPMethod, _ address: HTTPAddress, headers: HTTPHeaders = [:], body: ByteSource? = nil,
        sink: ByteSink = .bytes(limit: 1 << 20), isIdempotent: Bool? = nil
    ) {
        self.method = method
        self.address = address
        self.headers = headers
        self.body = body
        self.sink = sink
        self.isIdempotent = isIdempotent ?? (method != .post)
        trust = .system
    }
}

/// Whose certificates are believed.
public enum TLSTrust: Sendable, Hashable {
    /// The system's authorities.
    case system
    /// The authorities of this file and no others.
    case authorities(file: String)
    /// Anybody's: the connection is encrypted, but nobody knows with whom.
    case anybody
}
