/// Where bytes that are fetched go. Unchecked, because of the caller's memory alone: it must stay valid, and be left alone,
/// until the call that has the sink returns.
public enum ByteSink: @unchecked Sendable {
    /// Into a file, beginning at an offset. How many bytes are expected says, where that is known, how much room their reading is
    /// worth; there may be more or fewer.
    case file(SharedDescriptor, offset: Int, expected: Int? = nil)
    /// Into the caller's memory; more than fits is an error. Whoever cannot wait for the last byte has `progress` called with
    /// the count of those that are there, from the first on, by the thread that received them; it must not wait. Only bytes
    /// of the right version are told of. A count may be less than the one before, when the same bytes come a second time.
    /// Stores that know only in the end what they have read do not call it.
    case memory(UnsafeMutableRawBufferPointer, progress: (@Sendable (_ count: Int) -> Void)? = nil)
    /// Into the result; more than the limit is an error. For small things.
    case bytes(limit: Int)
}
