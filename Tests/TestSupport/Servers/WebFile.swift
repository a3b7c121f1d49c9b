/// A file as a scripted server shows it, well or badly.
public struct WebFile: Sendable {
    public var bytes: [UInt8]
    public var tag: String? = "\"one\""
    public var modified: String? = "Fri, 20 Nov 2026 10:00:00 GMT"
    public var hasRanges = true
    public var statesLength = true
    public var knowsConditions = true
    /// The status of what HEAD gets instead of an answer.
    public var refusesHead: Int?
    public var headers: [String: String] = [:]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    public func answer(_ request: ReceivedRequest, _ connection: ScriptedConnection) throws {
        let isHead = request.method == "HEAD"
        if isHead, let refusesHead {
            return try connection.send("HTTP/1.1 \(refusesHead) No\r\nContent-Length: 0\r\n\r\n")
        }
        if knowsConditions, let wanted = request["If-Match"], wanted != tag {
            return try connection.answer(412, [:], "")
        }
        var headers = headers
        headers["ETag"] = tag
        headers["Last-Modified"] = modified
        if hasRanges { headers["Accept-Ranges"] = "bytes" }
        let isCurrent = !knowsConditions || request["If-Range"].map { $0 == tag } ?? true
        guard hasRanges, isCurrent, !isHead, let range = request["Range"], let wanted = Self.range(range, bytes.count)
        else { return try send(200, headers, bytes, isHead, connection) }
        guard !wanted.isEmpty else {
            return try connection.answer(416, ["Content-Range": "bytes */\(bytes.count)"], "")
        }
        headers["Content-Range"] = "bytes \(wanted.lowerBound)-\(wanted.upperBound - 1)/\(bytes.count)"
        try send(206, headers, Array(bytes[wanted]), isHead, connection)
    }

    private func send(
        _ status: Int, _ headers: [String: String], _ body: [UInt8], _ isHead: Bool, _ connection: ScriptedConnection
    ) throws {
        let lines = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        let length = statesLength ? "Content-Length: \(body.count)\r\n" : "Connection: close\r\n"
        try connection.send(Array("HTTP/1.1 \(status) Such\r\n\(length)\(lines)\r\n".utf8) + (isHead ? [] : body))
        if !statesLength { connection.close() }
    }

    /// `bytes=2-5`, `bytes=2-`
    private static func range(_ text: String, _ size: Int) -> Range<Int>? {
        let parts = text.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = Int(parts[0]) else { return nil }
        let end = min(size, (Int(parts[1]) ?? size - 1) + 1)
        return first < end ? first..<end : 0..<0
    }
}
