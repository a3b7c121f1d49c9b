public import Platform

/// Which keys to list.
public struct ListRequest: Sendable {
    public var prefix: ObjectKey
    public var grouping: Grouping
    /// Only keys behind this one; a group is listed if any of its keys may be.
    public var after: ObjectKey?
    /// Goes on where a page ended; the rest of the request is as it was.
    public var continuation: ContinuationToken?
    /// The most objects and groups of the page together; the store may send fewer.
    public var limit: Int?
    /// Folders that are there for themselves are among the objects, of no bytes and with keys that end in a slash, as they are
    /// anyway where objects stand for them. Else only those are said that nothing is in.
    public var showsFolders: Bool

    public enum Grouping: Sendable {
        case none
        /// Keys that have a slash behind the prefix are listed once for all that agree up to that slash.
        case bySlash
    }

    public init(
        prefix: ObjectKey = "", grouping: Grouping = .none, after: ObjectKey? = nil,
        continuation: ContinuationToken? = nil, limit: Int? = nil, showsFolders: Bool = false
    ) {
        self.prefix = prefix
        self.grouping = grouping
        self.after = after
        self.continuation = continuation
        self.limit = limit
        self.showsFolders = showsFolders
    }
}

/// Means something to the store that gave it only.
public struct ContinuationToken: Sendable, Hashable {
    public var bytes: [UInt8]

    public init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }
}
