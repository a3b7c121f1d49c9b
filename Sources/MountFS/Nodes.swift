public import Platform

/// A file, folder or link, as the kernel knows it.
public struct NodeID: Sendable, Hashable {
    public let number: UInt64

    public init(_ number: UInt64) {
        self.number = number
    }

    public static let root = NodeID(1)
}

/// Something that is open, by whatever number the file system likes, but for the highest bits: these are for whoever stands
/// between it and the kernel.
public struct HandleID: Sendable, Hashable {
    public static let freeBits: UInt64 = 2

    public let number: UInt64

    public init(_ number: UInt64) {
        self.number = number
    }
}

public struct NodeAttributes: Sendable, Equatable {
    public var node: NodeID
    public var kind: FileEntry.Kind
    /// Permission bits, with set-id and sticky.
    public var mode: UInt32
    public var size: Int
    /// Bytes that it takes, for `du`.
    public var occupied: Int
    public var owner: UInt32
    public var group: UInt32
    public var linkCount: UInt32
    public var accessed: FileTime
    public var modified: FileTime
    public var changed: FileTime
    /// How long they are believed without asking again.
    public var validity: TimeSpan

    public init(
        _ node: NodeID, _ kind: FileEntry.Kind, mode: UInt32, size: Int, owner: UInt32, group: UInt32,
        modified: FileTime, validity: TimeSpan
    ) {
        self.node = node
        self.kind = kind
        self.mode = mode
        self.size = size
        occupied = size
        self.owner = owner
        self.group = group
        linkCount = kind == .folder ? 2 : 1
        accessed = modified
        self.modified = modified
        changed = modified
        self.validity = validity
    }
}

/// A name and the node behind it.
public struct Entry: Sendable, Equatable {
    public var attributes: NodeAttributes
    /// How long the name is believed to lead to this node.
    public var validity: TimeSpan

    public init(_ attributes: NodeAttributes, validity: TimeSpan) {
        self.attributes = attributes
        self.validity = validity
    }
}

public enum Lookup: Sendable, Equatable {
    case found(Entry)
    /// There is none, and that is believed for a while.
    case absent(validity: TimeSpan)
}

/// What `df` shows.
public struct Room: Sendable, Equatable {
    public var bytes: UInt64
    public var freeBytes: UInt64
    public var nodes: UInt64
    public var freeNodes: UInt64
    public var longestName: Int

    public init(bytes: UInt64, freeBytes: UInt64, nodes: UInt64, freeNodes: UInt64, longestName: Int = 255) {
        self.bytes = bytes
        self.freeBytes = freeBytes
        self.nodes = nodes
        self.freeNodes = freeNodes
        self.longestName = longestName
    }
}
