import Glibc

/// A name that is bytes: of a file or of an object. Text is only for showing; what is no UTF-8 is a name all the same. The
/// order is that of the bytes.
public protocol RawBytes: Sendable, Hashable, Comparable, ExpressibleByStringLiteral {
    var bytes: [UInt8] { get set }

    init(exactly bytes: [UInt8])
}

extension RawBytes {
    public init(_ bytes: some Sequence<UInt8>) {
        self.init(exactly: Array(bytes))
    }

    public init(_ text: some StringProtocol) {
        self.init(exactly: Array(text.utf8))
    }

    public init(stringLiteral text: String) {
        self.init(exactly: Array(text.utf8))
    }

    public var isEmpty: Bool { bytes.isEmpty }

    /// The text, if there is any.
    public var exactText: String? { String(validating: bytes, as: UTF8.self) }

    public func hasPrefix(_ prefix: Self) -> Bool {
        bytes.count >= prefix.bytes.count && memcmp(bytes, prefix.bytes, prefix.bytes.count) == 0
    }

    public static func < (left: Self, right: Self) -> Bool {
        // Sorting long listings is worth not comparing byte by byte.
        let order = memcmp(left.bytes, right.bytes, min(left.bytes.count, right.bytes.count))
        return order == 0 ? left.bytes.count < right.bytes.count : order < 0
    }
}
