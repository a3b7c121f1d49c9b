/// How a service wants to be spoken to: what is put on each attempt of a request, and what its answers mean for the next.
public protocol HTTPService: Sendable {
    /// Called before each attempt, with the number of the attempt from 1: signs with the credentials and the time of this
    /// moment. It throws `unauthorized` when there is nothing to sign with.
    func prepare(_ request: HTTPRequest, attempt: Int) async throws(HTTPError) -> HTTPRequest

    /// Called with each answer that was not accepted into the sink or is no success.
    func judge(_ response: HTTPResponse, to request: HTTPRequest) async -> HTTPVerdict
}

public enum HTTPVerdict: Sendable {
    /// This is the answer.
    case final
    /// The usual rules: again for 408, 429, 500, 502, 503 and 504, as the retry policy allows; else it is the answer.
    case usual
    /// The service is busy or asks to come back, whatever the status says.
    case busy
    /// What was wrong is put right (credentials renewed, clock or region corrected): again at once. A service says so only a
    /// few times for one request.
    case mended
}

/// A service without signatures that means what the status says.
public struct PlainHTTPService: HTTPService {
    public init() {}

    public func prepare(_ request: HTTPRequest, attempt: Int) async throws(HTTPError) -> HTTPRequest { request }

    public func judge(_ response: HTTPResponse, to request: HTTPRequest) async -> HTTPVerdict { .usual }
}
