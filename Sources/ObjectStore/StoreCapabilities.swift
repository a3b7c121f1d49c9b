public import Checksums

/// What a store can do beyond the common ground. Some servers say yes to what they then ignore, so that these are facts
/// about a server, found out or configured, and not about a protocol.
public struct StoreCapabilities: Sendable, Equatable {
    /// `WriteCondition` on `put`.
    public var conditionalPut = false
    /// `WriteCondition` on `copy`.
    public var conditionalCopy = false
    /// `WriteCondition` at the end of an upload in parts. GCS's XML interface and some servers overwrite here.
    public var conditionalComplete = false
    public var conditionalDelete = false

    public var serverCopy = false
    /// What of existing objects parts are made of without being sent.
    public var partCopy = PartCopy.none
    public var atomicRename = AtomicRename.none
    /// Folders are there for themselves: what is written makes them, and they stay when nothing is in them any more. Deletions of
    /// keys that end in a slash are theirs.
    public var keepsFolders = false

    /// Ranges of an object can be read for themselves, and of one version. Else an object has to be read whole.
    public var rangedReads = true

    /// Of every part but the last.
    public var minimumPartSize = 1
    public var maximumPartSize = Int.max
    public var maximumParts = Int.max
    /// All parts but the last have to have one size.
    public var hasEqualParts = false
    /// The largest object that `put` takes at once, and that `copy` copies at once.
    public var maximumPut = Int.max
    public var maximumCopy = Int.max
    /// Listings are in the order of their bytes. One server walks a tree of folders instead, where `a/b` comes before
    /// `a!`.
    public var listsInOrder = true
    /// What comes behind a key can be listed without what comes before it.
    public var listsFromAnywhere = true
    /// The most keys of a page, and of a deletion at once; larger deletions are divided by the store itself.
    public var pageLimit = 1000

    /// Checksums that the store verifies on arrival and keeps.
    public var checksums: Set<Checksum.Algorithm> = []
    /// Content type and user metadata.
    public var keepsMetadata = false
    /// Else keys are UTF-8.
    public var keysMayBeAnyBytes = false

    public enum PartCopy: Sendable, Equatable {
        case none
        /// The whole of one, whatever its size.
        case objects
        case ranges
    }

    public enum AtomicRename: Sendable, Equatable {
        case none
        case objects
        /// Also of all keys below one that ends in a slash.
        case objectsAndFolders
    }

    public init() {}
}
