/// Bytes that are to be sent or stored.
public enum ByteSource: Sendable {
    case bytes([UInt8])
    /// A range of an open file. A file that ends before it makes the call fail.
    case file(SharedDescriptor, Range<Int>)

    public var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .file(_, let range): range.count
        }
    }
}
