/// Which bytes of an object to read. The end of the object cuts a range short; a range that does not begin before it is
/// `invalid`, but for one that begins at 0, since of an empty object that is all there is.
public struct ReadRange: Sendable, Equatable {
    public var start: Int
    /// Nothing: to the end.
    public var count: Int?

    public static let whole = ReadRange(from: 0)

    public init(from start: Int, count: Int? = nil) {
        precondition(start >= 0 && count ?? 0 >= 0, "a range before the beginning")
        self.start = start
        self.count = count
    }

    /// The bytes of an object of this size that are meant; nothing when the range is invalid.
    public func clipped(to size: Int) -> Range<Int>? {
        guard start < size || start == 0 else { return nil }
        return start..<start + min(count ?? .max, size - start)
    }
}
