import Foundation

/// One request on its way through a proxy, and its answer on the way back.
struct ProxiedExchange {
    private let request: ReceivedRequest
    private let client: ScriptedConnection
    private let upstream: Int
    private let bytesPerSecond: Int?
    private let state: FaultProxy.SharedState
    let number: Int
    private let deed: Fault.Deed?

    private static let step = 64 << 10

    init(
        _ request: ReceivedRequest, _ client: ScriptedConnection, _ upstream: Int, _ bytesPerSecond: Int?,
        _ state: FaultProxy.SharedState
    ) {
        self.request = request
        self.client = client
        self.upstream = upstream
        self.state = state
        (number, deed) = state.enter(request)
        if case .drip(let rate) = deed { self.bytesPerSecond = rate } else { self.bytesPerSecond = bytesPerSecond }
    }

    func pass(_ body: [UInt8]) throws {
        switch deed {
        case .answer(let status, let headers, let text):
            return try client.answer(status, headers, request.method == "HEAD" ? "" : text)
        case .hangUp: return client.reset()
        case .meanwhile(let happening): happening()
        case .instead(let happening):
            happening()
            return client.reset()
        default: break
        }
        let server = try ScriptedConnection(toPort: upstream)
        defer { server.finish() }
        // A connection of its own for each request: its end is the end of the answer, however that is written.
        let head = Array(head(of: request.head, ["Connection": "close"]).utf8)
        if case .cutOff(let after) = deed {
            try server.send(head + body.prefix(after))
            server.close()
            return client.reset()
        }
        // Whoever refuses before the body has come may take no more of it, and has answered all the same.
        let sending = Result { try server.send(head + body) }
        guard let answer = try? server.readHead() else {
            try sending.get()
            return client.reset()
        }
        if case .behind(let happening) = deed {
            while try !server.readNext(Self.step).isEmpty {}
            happening()
            return client.reset()
        }
        if case .wholeInstead(let whole) = deed {
            let headers = ["Content-Range": nil, "Content-Length": String(whole.count), "Connection": nil]
            try client.send(self.head(of: answer.head, headers, status: 200))
            return try client.send(whole)
        }
        var headers: [String: String?] = ["Connection": nil]
        var status: Int?
        if case .rewrite(let other, let changes) = deed {
            headers.merge(changes) { _, changed in changed }
            status = other
        }
        try client.send(self.head(of: answer.head, headers, status: status))
        // A body that ends with the connection has to end with ours.
        let isFramed = answer["Content-Length"] != nil || answer["Transfer-Encoding"] != nil
        if request.method == "HEAD" { state.noteAnswer(to: number) } else { try passBody(from: server) }
        if !isFramed, request.method != "HEAD", !["204", "304"].contains(answer.target) { client.close() }
    }

    private func passBody(from server: ScriptedConnection) throws {
        var passed = 0
        while true {
            let step = bytesPerSecond.map { max(1, min(Self.step, $0 / 10)) } ?? Self.step
            var bytes = try server.readNext(step)
            guard !bytes.isEmpty else { return state.noteAnswer(to: number) }
            switch deed {
            case .reset(let after) where passed + bytes.count > after:
                try send(bytes.prefix(after - passed))
                // What was sent shall arrive before the connection breaks.
                ScriptedConnection.pause(milliseconds: 20)
                return client.reset()
            case .end(let after) where passed + bytes.count > after:
                try send(bytes.prefix(after - passed))
                return client.close()
            case .stall(let after) where passed + bytes.count > after:
                try send(bytes.prefix(after - passed))
                client.stall()
                return client.close()
            case .corrupt(let place) where (passed..<passed + bytes.count).contains(place):
                bytes[place - passed] ^= 0xFF
            default: break
            }
            try send(bytes)
            passed += bytes.count
            if let bytesPerSecond { ScriptedConnection.pause(milliseconds: 1000 * bytes.count / bytesPerSecond) }
        }
    }

    private func send(_ bytes: some Collection<UInt8>) throws {
        try client.send(bytes)
        state.count(bytes.count, of: number)
    }

    /// A head with some headers changed, all others as they were.
    private func head(of head: String, _ changes: [String: String?], status: Int? = nil) -> String {
        var lines = head.components(separatedBy: "\r\n").filter { !$0.isEmpty }
        if let status {
            let words = lines[0].split(separator: " ", maxSplits: 2)
            lines[0] = "\(words[0]) \(status) \(words.dropFirst(2).first ?? "Such")"
        }
        let names = Set(changes.keys.map { $0.lowercased() })
        lines = lines.filter { line in !names.contains(line.prefix { $0 != ":" }.lowercased()) }
        lines += changes.compactMap { name, value in value.map { "\(name): \($0)" } }
        return (lines + ["", ""]).joined(separator: "\r\n")
    }
}
