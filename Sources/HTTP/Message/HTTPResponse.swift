public import Checksums

/// Status and headers of an answer.
public struct HTTPHead: Sendable {
    public var status: Int
    public var headers: HTTPHeaders

    public init(status: Int, headers: HTTPHeaders) {
        self.status = status
        self.headers = headers
    }

    public var isSuccess: Bool { (200..<300).contains(status) }
}

public struct HTTPResponse: Sendable {
    public var head: HTTPHead
    /// What was kept: of the sink `bytes`, or of an answer that was not accepted.
    public var body: [UInt8]
    /// How many bytes the sink got.
    public var count: Int
    /// Of those bytes, when the request asked for it.
    public var checksum: Checksum?
    /// How many requests it took; also those count that were sent again because a kept connection was dead.
    public var attempts: Int
    /// Of the last of them.
    public var timing: HTTPTiming?

    public var status: Int { head.status }
    public var headers: HTTPHeaders { head.headers }
    public var isSuccess: Bool { head.isSuccess }

    public init(head: HTTPHead, body: [UInt8] = [], count: Int = 0, checksum: Checksum? = nil, attempts: Int = 1) {
        self.head = head
        self.body = body
        self.count = count
        self.checksum = checksum
        self.attempts = attempts
    }
}
