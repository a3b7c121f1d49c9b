/// A word of the command line, byte by byte as it came. COMMAND and its arguments are handed on exactly so; only what
/// we read ourselves must be text.
struct RawArgument: Sendable, Hashable, ExpressibleByStringLiteral {
    /// Without the terminating NUL.
    let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    init(stringLiteral text: String) {
        self.init(text)
    }

    init(cString: UnsafePointer<CChar>) {
        var bytes: [UInt8] = []
        var next = cString
        while next.pointee != 0 {
            bytes.append(UInt8(bitPattern: next.pointee))
            next += 1
        }
        self.bytes = bytes
    }

    /// Nothing when the bytes are not UTF-8.
    var text: String? { String(validating: bytes, as: UTF8.self) }
}
