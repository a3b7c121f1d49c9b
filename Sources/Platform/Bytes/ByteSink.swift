/// Where bytes that are fetched go. Unchecked, because of the caller's memory alone: it must stay valid, and be left alone,
/// until the call that has the sink returns.
public enum ByteSink: @unchecked Sendable {
    /// Into a file, beginning at an offset.
    case file(SharedDescriptor, offset: Int)
    /// Into the caller's memory; more than fits is an error.
    case memory(UnsafeMutableRawBufferPointer)
    /// Into the result; more than the limit is an error. For small things.
    case bytes(limit: Int)
}
