/// A part of a listing. Objects and prefixes are each in the order of their bytes, and all of them come before all of
/// the next page.
public struct ListPage: Sendable {
    public var objects: [ObjectInfo] = []
    /// Groups, which end in a slash; without grouping, folders that are empty, where the store has such a thing.
    public var prefixes: [ObjectKey] = []
    /// What is there and cannot be an object, such as a device or a socket.
    public var leftOut = 0
    /// There may be more. A page may be empty and not the last.
    public var next: ContinuationToken?

    public init() {}
}
