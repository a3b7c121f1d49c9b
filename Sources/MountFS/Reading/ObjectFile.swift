public import ObjectStore

/// One version of an object, as a file.
public struct FileVersion: Sendable, Hashable {
    public var key: ObjectKey
    public var size: Int
    /// Pins what is read; nothing where the store has no versions.
    public var version: ObjectVersion?

    public init(key: ObjectKey, size: Int, version: ObjectVersion?) {
        self.key = key
        self.size = size
        self.version = version
    }
}

/// Who knows which files come after another in its folder, so that small ones can be fetched before they are asked for.
public protocol Neighbours: AnyObject, Sendable {
    /// Up to `count` files behind this one, in the order in which they are listed, from what is known without asking.
    func files(after file: ObjectKey, count: Int) -> [FileVersion]
}
