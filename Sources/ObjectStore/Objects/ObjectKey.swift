public import Platform

/// The name of an object, or the beginning of names: bytes, since local names may be no UTF-8. Their order is that of
/// listings.
public struct ObjectKey: RawBytes {
    public var bytes: [UInt8]

    public init(exactly bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// A key of this form names no file: stores use it for groups of keys, and people for marker objects.
    public var endsInSlash: Bool { bytes.last == UInt8(ascii: "/") }

    /// For messages: printable, with replacement characters for what is no UTF-8.
    public var shown: String { String(decoding: bytes, as: UTF8.self).printable }

    public static func + (left: ObjectKey, right: ObjectKey) -> ObjectKey { ObjectKey(left.bytes + right.bytes) }
}
