/// What a proxy does wrong with some of the requests that go through it.
public struct Fault: Sendable {
    public enum Deed: Sendable {
        /// Answers itself; the server is not asked.
        case answer(Int, [String: String] = [:], String = "")
        /// Breaks the connection before an answer.
        case hangUp
        /// Sends so much of the request's body to the server, and breaks both connections, as whoever is killed does.
        case cutOff(after: Int)
        /// Breaks the connection when so much of the body has gone through.
        case reset(after: Int)
        /// Ends the connection then, as a program does that has nothing more to say.
        case end(after: Int)
        /// Sends nothing more then, and holds the connection.
        case stall(after: Int)
        /// Sends so many bytes a second.
        case drip(Int)
        /// Turns all bits of one byte of the body.
        case corrupt(at: Int)
        /// Other headers in the answer, and another status; a header without a value is left out.
        case rewrite(status: Int? = nil, [String: String?] = [:])
        /// Answers with a whole object where a part was asked for.
        case wholeInstead([UInt8])
        /// Lets something happen before the request goes on.
        case meanwhile(@Sendable () -> Void)
        /// Lets something happen, and breaks the connection: the server hears nothing of the request.
        case instead(@Sendable () -> Void)
        /// Lets something happen when the server has answered, and breaks the connection: the client hears nothing of that.
        case behind(@Sendable () -> Void)
    }

    public let deed: Deed
    let method: String
    let part: String
    let except: String?
    let skip: Int
    let times: Int

    /// `times` requests with this method, whose target has this text in it and not the other, after the first `skip` of them.
    public init(
        _ deed: Deed, _ method: String = "GET", of part: String, except: String? = nil, skip: Int = 0, times: Int = 1
    ) {
        self.deed = deed
        self.method = method
        self.part = part
        self.except = except
        self.skip = skip
        self.times = times
    }

    func concerns(_ request: ReceivedRequest) -> Bool {
        request.method == method && request.target.contains(part)
            && !(except.map { request.target.contains($0) } ?? false)
    }

    /// What S3 answers when it refuses.
    public static func refusal(
        _ status: Int, _ code: String, _ headers: [String: String] = [:], _ members: String = ""
    ) -> Deed {
        .answer(
            status, headers.merging(["Content-Type": "application/xml"]) { own, _ in own },
            "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>injected</Message>\(members)</Error>")
    }
}
