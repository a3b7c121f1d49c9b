import HTTP
import Platform

/// Which bytes of an answer's body are those that were asked for. Servers answer a range with the range, with the whole
/// object, or, rarely, with something else, which must not be taken for it.
struct RangeAnswer: Equatable {
    /// Bytes of the body before the range.
    var skip: Int
    /// Bytes of the range; unknown when the whole was asked for and the answer does not say how long it is.
    var count: Int?
    /// Of the whole object.
    var size: Int?

    enum Problem: Error, Equatable {
        /// The object ends before the range begins.
        case outside(size: Int)
        case malformed(String)
    }

    init(_ head: HTTPHead, _ range: ReadRange) throws(Problem) {
        // Some say 200 and send the range all the same.
        if let text = head.headers["Content-Range"] {
            guard let sent = Self.parse(text) else {
                throw .malformed("its Content-Range is \(text.printable)")
            }
            guard let wanted = range.clipped(to: sent.size) else { throw .outside(size: sent.size) }
            guard sent.range.lowerBound == wanted.lowerBound, sent.range.upperBound >= wanted.upperBound else {
                throw .malformed("asked for bytes from \(wanted.lowerBound) on, got \(text.printable)")
            }
            self.init(skip: 0, count: wanted.count, size: sent.size)
        } else if head.status == 206 {
            throw .malformed("a part of the object, without saying which")
        } else if let size = head.headers["Content-Length"].flatMap({ Int($0) }), size >= 0 {
            guard let wanted = range.clipped(to: size) else { throw .outside(size: size) }
            self.init(skip: wanted.lowerBound, count: wanted.count, size: size)
        } else {
            guard range == .whole else { throw .malformed("it does not say how long the object is") }
            self.init(skip: 0, count: nil, size: nil)
        }
    }

    init(skip: Int, count: Int?, size: Int?) {
        self.skip = skip
        self.count = count
        self.size = size
    }

    /// All of the object and nothing else.
    var isWhole: Bool { skip == 0 && count == size }

    /// `bytes 0-9/100`
    private static func parse(_ text: String) -> (range: Range<Int>, size: Int)? {
        let words = text.split(whereSeparator: { " -/".contains($0) })
        guard words.count == 4, words[0].lowercased() == "bytes", let first = Int(words[1]), let last = Int(words[2]),
            let size = Int(words[3]), first <= last, last < size
        else { return nil }
        return (first..<last + 1, size)
    }

    /// The size that an answer of status 416 may tell: `bytes */100`.
    static func size(ofUnsatisfied headers: HTTPHeaders) -> Int? {
        guard let text = headers["Content-Range"], text.hasPrefix("bytes */") else { return nil }
        return Int(text.dropFirst(8))
    }
}

extension ReadRange {
    /// The header that asks for it; nothing for the whole.
    var header: String? {
        guard self != .whole else { return nil }
        guard let count, !start.addingReportingOverflow(count - 1).overflow else { return "bytes=\(start)-" }
        return "bytes=\(start)-\(start + count - 1)"
    }
}

extension ByteSink {
    /// The most it takes.
    var capacity: Int {
        switch self {
        case .file: .max
        case .memory(let memory, _): memory.count
        case .bytes(let limit): limit
        }
    }
}
