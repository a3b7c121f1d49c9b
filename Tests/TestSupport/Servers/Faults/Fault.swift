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
    let skip: Int
    let times: Int
    private let isMeant: @Sendable (ReceivedRequest) -> Bool

    /// `times` requests with this method, whose target has this text in it and not the other, after the first `skip` of them.
    public init(
        _ deed: Deed, _ method: String = "GET", of part: String, except: String? = nil, skip: Int = 0, times: Int = 1
    ) {
        self.init(deed, skip: skip, times: times) { request in
            request.method == method && request.target.contains(part)
                && !(except.map { request.target.contains($0) } ?? false)
        }
    }

    /// With requests that are told by more than that.
    public init(
        _ deed: Deed, skip: Int = 0, times: Int = 1, _ isMeant: @escaping @Sendable (ReceivedRequest) -> Bool
    ) {
        self.deed = deed
        self.skip = skip
        self.times = times
        self.isMeant = isMeant
    }

    /// With listings, of whatever cloud.
    public static func listing(_ deed: Deed, times: Int = 1) -> Fault {
        Fault(deed, skip: 0, times: times) { $0.isListing }
    }

    /// With what reads the bytes of an object whose key ends so, of whatever cloud.
    public static func reading(_ key: String, _ deed: Deed, skip: Int = 0, times: Int = 1) -> Fault {
        Fault(deed, skip: skip, times: times) { $0.isRead && $0.key.hasSuffix(key) }
    }

    /// With what changes something in a bucket: an object whose key ends so, if one is named.
    public static func writing(_ key: String, _ deed: Deed, skip: Int = 0, times: Int = 1) -> Fault {
        Fault(deed, skip: skip, times: times) { $0.isWrite && $0.key.hasSuffix(key) }
    }

    public static func writing(_ deed: Deed, skip: Int = 0, times: Int = 1) -> Fault {
        writing("", deed, skip: skip, times: times)
    }

    /// With the part of an object that has this number, from 1.
    public static func part(_ number: Int, _ deed: Deed, times: Int = 1) -> Fault {
        Fault(deed, skip: 0, times: times) { $0.partNumber == number }
    }

    /// With what makes an object of its parts.
    public static func completion(_ deed: Deed, times: Int = 1) -> Fault {
        Fault(deed, skip: 0, times: times) { $0.isCompletion }
    }

    func concerns(_ request: ReceivedRequest) -> Bool { isMeant(request) }

    /// What S3 answers when it refuses.
    public static func refusal(
        _ status: Int, _ code: String, _ headers: [String: String] = [:], _ members: String = ""
    ) -> Deed {
        .answer(
            status, headers.merging(["Content-Type": "application/xml"]) { own, _ in own },
            "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>injected</Message>\(members)</Error>")
    }
}
