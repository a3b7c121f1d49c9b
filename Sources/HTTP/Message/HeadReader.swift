/// Reads the head of an answer line by line. Heads of interim answers, such as 100, are read over.
struct HeadReader {
    enum Step {
        case more
        case complete(HTTPHead)
        /// A new answer begins after a whole one: curl has sent the request again by itself, without `Expect` after 417.
        case anew
    }

    /// Far more than any service sends; a server could else fill the memory.
    static let limit = 256 * 1024

    private var head = HTTPHead(status: 0, headers: [:])
    private var size = 0
    private var isComplete = false

    mutating func take(_ line: UnsafeRawBufferPointer) throws(HTTPError) -> Step {
        if isComplete {
            // Trailers behind a body in chunks come the same way; nobody asked for any.
            guard let status = Self.status(of: line) else { return .more }
            self = HeadReader()
            head.status = status
            return .anew
        }
        size += line.count
        guard size <= Self.limit else { throw Self.malformed("its head has no end") }
        if head.status == 0 {
            guard let status = Self.status(of: line) else { throw Self.malformed("it is not HTTP") }
            head.status = status
            return .more
        }
        let text = Self.trimmed(line)
        if !text.isEmpty {
            try takeHeader(text, isContinued: line.first.map(Self.isBlank) == true)
            return .more
        }
        if (100..<200).contains(head.status) {
            head = HTTPHead(status: 0, headers: [:])
            return .more
        }
        isComplete = true
        return .complete(head)
    }

    private mutating func takeHeader(_ text: UnsafeRawBufferPointer, isContinued: Bool) throws(HTTPError) {
        if isContinued { return head.headers.continueLast(text) }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = UnsafeRawBufferPointer(rebasing: text[..<colon])
        let value = Self.trimmed(UnsafeRawBufferPointer(rebasing: text[(colon + 1)...]))
        if PackedHeaders.areSame(name, "Content-Length"), let other = head.headers["Content-Length"],
            !value.elementsEqual(other.utf8)
        {
            throw Self.malformed("it has two lengths")
        }
        head.headers.add(name, value)
    }

    /// `HTTP/1.1 200 OK`
    private static func status(of line: UnsafeRawBufferPointer) -> Int? {
        guard line.starts(with: "HTTP/".utf8), let space = line.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        let digits = line[(space + 1)...].prefix(3)
        guard digits.count == 3, digits.allSatisfy(HTTPAddress.isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func trimmed(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, line.count)
        while start < end, isBlank(line[start]) { start += 1 }
        while start < end, isBlank(line[end - 1]) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: line[start..<end])
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func malformed(_ what: String) -> HTTPError {
        HTTPError(.malformed, "the answer cannot be read: \(what)")
    }
}
