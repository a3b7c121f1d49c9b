import Glibc
import Platform

/// The name of an object, or the beginning of names: bytes, since local names may be no UTF-8. Their order is that of
/// listings.
public struct ObjectKey: Sendable, Hashable, Comparable, ExpressibleByStringLiteral {
    public var bytes: [UInt8]

    public init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    public init(_ text: some StringProtocol) {
        bytes = Array(text.utf8)
    }

    public init(stringLiteral text: String) {
        self.init(text)
    }

    public var isEmpty: Bool { bytes.isEmpty }

    /// A key of this form names no file: stores use it for groups of keys, and people for marker objects.
    public var endsInSlash: Bool { bytes.last == UInt8(ascii: "/") }

    /// For messages: printable, with replacement characters for what is no UTF-8.
    public var shown: String { String(decoding: bytes, as: UTF8.self).printable }

    /// The text, if the key has any.
    public var exactText: String? { String(validating: bytes, as: UTF8.self) }

    public func hasPrefix(_ prefix: ObjectKey) -> Bool {
        bytes.count >= prefix.bytes.count && memcmp(bytes, prefix.bytes, prefix.bytes.count) == 0
    }

    public static func + (left: ObjectKey, right: ObjectKey) -> ObjectKey { ObjectKey(left.bytes + right.bytes) }

    public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        // Sorting long listings is worth not comparing byte by byte.
        let order = memcmp(left.bytes, right.bytes, min(left.bytes.count, right.bytes.count))
        return order == 0 ? left.bytes.count < right.bytes.count : order < 0
    }
}
