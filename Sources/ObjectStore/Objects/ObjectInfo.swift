public import Checksums
public import Platform

/// What a store says of an object without its content.
public struct ObjectInfo: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case file
        /// A link as it stands; stores never follow it.
        case symlink(target: RawPath)
    }

    public var key: ObjectKey
    public var size: Int
    /// The store does not say how large it is, and `size` means nothing: web servers may do so.
    public var hasUnknownSize = false
    /// What the server calls it, where it says so otherwise than by the key: one name, which can be a file's.
    public var suggestedName: String?
    public var modified: FileTime
    public var version: ObjectVersion
    public var kind: Kind
    /// Permission bits, where they are known.
    public var mode: UInt32?
    /// Listings of most stores leave this empty, `stat` does not.
    public var metadata: ObjectMetadata
    /// Of the whole object; those that the store knows.
    public var checksums: [Checksum]
    /// Of the parts that it was uploaded in.
    public var composites: [CompositeChecksum] = []
    /// Of a checksum of the whole object that reading it will tell; some listings know that much.
    public var checksumAlgorithm: Checksum.Algorithm?
    /// As the store calls it.
    public var storageClass: String?
    /// Cannot be read before it is restored.
    public var isArchived: Bool
    /// A listing cannot tell for certain whether it is archived; `stat` can.
    public var isArchivalUncertain = false

    public init(
        key: ObjectKey, size: Int, modified: FileTime, version: ObjectVersion, kind: Kind = .file, mode: UInt32? = nil,
        metadata: ObjectMetadata = .init(), checksums: [Checksum] = [], storageClass: String? = nil,
        isArchived: Bool = false
    ) {
        self.key = key
        self.size = size
        self.modified = modified
        self.version = version
        self.kind = kind
        self.mode = mode
        self.metadata = metadata
        self.checksums = checksums
        self.storageClass = storageClass
        self.isArchived = isArchived
    }
}

/// Tells one content of a key from every other: an ETag, a generation, or what a file system knows. It can be written
/// down and means the same in another process; two versions can only be compared for equality.
public struct ObjectVersion: Sendable, Hashable {
    public var text: String

    public init(_ text: String) {
        self.text = text
    }
}

/// What goes with an object beside its bytes. Names of user metadata are lower case, since some stores make them so.
public struct ObjectMetadata: Sendable, Equatable {
    public var contentType: String?
    public var user: [String: String]

    public init(contentType: String? = nil, user: [String: String] = [:]) {
        self.contentType = contentType
        self.user = user
    }

    public var isEmpty: Bool { contentType == nil && user.isEmpty }
}
