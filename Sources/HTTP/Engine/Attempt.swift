/// What became of one attempt of a request.
struct Attempt: Sendable {
    var result: Result<HTTPResponse, HTTPError>
    /// The body went into the sink.
    var wasAccepted = false
    /// No byte of the request left this machine, so that nothing can have come of it.
    var nothingSent = false
    /// How often curl has sent it again by itself, on another connection, because a kept one was dead. The first sending may have
    /// arrived all the same.
    var resent = 0

    static func failed(_ error: HTTPError, nothingSent: Bool = false) -> Attempt {
        Attempt(result: .failure(error), nothingSent: nothingSent)
    }
}
