import Glibc

/// A request as it came.
public struct ReceivedRequest: Sendable {
    /// How many requests the server had read, with this one.
    public let number: Int
    /// First line and headers, as they were.
    public let head: String
    public var body: [UInt8] = []

    public var line: String { String(head.prefix { $0 != "\r\n" }) }
    public var method: String { String(line.prefix { $0 != " " }) }
    public var target: String { line.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
    public var contentLength: Int { self["Content-Length"].flatMap { Int($0) } ?? 0 }

    public subscript(name: String) -> String? { all(name).first }

    public func all(_ name: String) -> [String] {
        head.split(separator: "\r\n").dropFirst().compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { return nil }
            return parts[1].trimmingPrefix(" ").description
        }
    }
}

/// One connection of a scripted server. Only its own thread uses it.
public final class ScriptedConnection {
    /// Which connection of the server's it is, from 1.
    public let number: Int
    public private(set) var isClosed = false
    private let socket: Int32
    private let session: TLSSession?
    private let countRequest: () -> Int
    private var unread: [UInt8] = []

    init(_ socket: Int32, _ number: Int, _ session: TLSSession?, countRequest: @escaping () -> Int) {
        self.socket = socket
        self.session = session
        self.number = number
        self.countRequest = countRequest
    }

    /// To a server of this machine, to speak with it as a client.
    convenience init(toPort port: Int) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            Glibc.close(socket)
            throw ProgramFailure(what: "connect", code: code)
        }
        self.init(socket, 0, nil) { 0 }
    }

    /// Sends what there is at once, without waiting for more.
    func hurry() {
        var one: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    }

    var isSecure: Bool { session != nil }

    // MARK: Reading

    /// The next request without its body; nothing when the client has gone.
    public func readHead() throws -> ReceivedRequest? {
        let end = Array("\r\n\r\n".utf8)
        var searched = 0
        while true {
            if unread.count >= 4 {
                for start in searched...(unread.count - 4) where unread[start..<start + 4].elementsEqual(end) {
                    let head = String(decoding: unread[..<(start + 4)], as: UTF8.self)
                    unread.removeFirst(start + 4)
                    return ReceivedRequest(number: countRequest(), head: head)
                }
                searched = unread.count - 3
            }
            guard try readSome() else { return nil }
        }
    }

    public func read(_ count: Int) throws -> [UInt8] {
        while unread.count < count {
            guard try readSome() else { throw ProgramFailure(what: "the client has gone", code: EPIPE) }
        }
        defer { unread.removeFirst(count) }
        return Array(unread[..<count])
    }

    /// Some of what comes next, and no more than so much; nothing when the other side has gone.
    func readNext(_ most: Int) throws -> [UInt8] {
        if unread.isEmpty { guard try readSome() else { return [] } }
        if unread.count <= most {
            defer { unread = [] }
            return unread
        }
        defer { unread.removeFirst(most) }
        return Array(unread[..<most])
    }

    /// What comes until nothing has come for so long, or the client has gone.
    public func readWhile(waitingMilliseconds: Int32) throws -> [UInt8] {
        var watched = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        while poll(&watched, 1, waitingMilliseconds) == 1 { guard try readSome() else { break } }
        defer { unread = [] }
        return unread
    }

    private func readSome() throws -> Bool {
        let got = withUnsafeTemporaryAllocation(byteCount: 64 * 1024, alignment: 16) { buffer in
            let got = session?.read(into: buffer) ?? recv(socket, buffer.baseAddress, buffer.count, 0)
            if got > 0 { unread.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<got])) }
            return got
        }
        guard got >= 0 else { throw ProgramFailure(what: "recv", code: errno) }
        return got > 0
    }

    // MARK: Answering

    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    public func send(_ bytes: some Collection<UInt8>) throws {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                let rest = UnsafeRawBufferPointer(rebasing: $0[sent...])
                return session?.write(rest) ?? Glibc.send(socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ProgramFailure(what: "send", code: errno) }
            sent += count
        }
    }

    public func answer(_ status: Int, _ headers: [String: String] = [:], _ body: some Collection<UInt8>) throws {
        let lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        let length = headers.keys.contains { $0.lowercased() == "content-length" } || status == 204 || status == 304
        let size = length ? "" : "Content-Length: \(body.count)\r\n"
        try send(Array("HTTP/1.1 \(status) Such\r\n\(size)\(lines)\r\n".utf8) + Array(body))
    }

    public func answer(_ status: Int, _ headers: [String: String] = [:], _ body: String = "") throws {
        try answer(status, headers, Array(body.utf8))
    }

    /// Ends it as a program that closes does; in TLS with a word of goodbye unless it is forgotten.
    public func close(saying goodbye: Bool = true) {
        if goodbye { session?.sayGoodbye() }
        isClosed = true
        shutdown(socket, Int32(SHUT_RDWR))
    }

    /// Ends it as a crashed machine or a meddling firewall does.
    public func reset() {
        isClosed = true
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        // Closing sends it, and the number must stay taken until the thread ends; so close it under another.
        var address = sockaddr()
        address.sa_family = sa_family_t(AF_UNSPEC)
        connect(socket, &address, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Does nothing until the client has gone.
    public func stall() {
        while let more = try? readSome(), more { unread = [] }
    }

    /// Passes on what either side says until one of them ends. Neither may be TLS's end.
    func relay(with other: ScriptedConnection) throws {
        var watched = [socket, other.socket].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let sides = [(self, other), (other, self)]
        while poll(&watched, 2, -1) > 0 {
            for (index, (from, to)) in sides.enumerated() where watched[index].revents != 0 {
                let bytes = try from.readNext(1 << 20)
                guard !bytes.isEmpty else { return }
                try to.send(bytes)
            }
        }
    }

    public static func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

    func finish() { Glibc.close(socket) }
}
