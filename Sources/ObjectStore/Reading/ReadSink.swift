public import Platform

/// Where bytes that are read go. Unchecked, because of the caller's memory alone: it must stay valid, and be left alone,
/// until the read returns.
public enum ReadSink: @unchecked Sendable {
    /// Into a file, beginning at an offset.
    case file(SharedDescriptor, offset: Int)
    /// Into the caller's memory; more than fits is `tooLarge`.
    case memory(UnsafeMutableRawBufferPointer)
    /// Into the result; more than the limit is `tooLarge`. For small things.
    case bytes(limit: Int)
}

public struct ReadResult: Sendable {
    /// What was read from.
    public var object: ObjectInfo
    /// How many bytes the sink got.
    public var count: Int
    /// The bytes themselves, of the sink `bytes` only.
    public var bytes: [UInt8]

    public init(object: ObjectInfo, count: Int, bytes: [UInt8] = []) {
        self.object = object
        self.count = count
        self.bytes = bytes
    }
}
