public import Checksums
public import ObjectStore
public import Platform

/// What a source holds, asked once: the preflight counts it and the copy works through it.
public struct SourceListing: Sendable {
    public struct Item: Sendable, Equatable {
        public enum Content: Sendable, Equatable {
            case file(size: Int)
            case folder
            case link(target: RawPath)
        }

        /// Below the destination.
        public var path: RawPath
        /// Below the source's folder, or the object's key.
        public var sourcePath: RawPath
        public var content: Content
        /// Permission bits, where the source knows them.
        public var mode: UInt32?
        public var modified: FileTime
        /// Of an object: what was listed and nothing else is copied.
        public var version: ObjectVersion?
        /// Of an object: its size is not known before it is copied.
        public var hasUnknownSize = false
        /// Of an object: what the store says it can be checked by.
        public var checksum: Checksum.Algorithm?
    }

    /// What is listed and will not be made, with the reason.
    public struct LeftOut: Sendable, Equatable {
        public var path: RawPath
        public var reason: String
    }

    /// Folders of a local source stand before what is in them; its own, when it is one, is the first and called `.`.
    public private(set) var items: ItemList
    /// Those of them that are folders.
    public private(set) var folders: ItemList
    /// Every folder that a file is in is an item itself.
    public var namesEveryFolder = false
    public private(set) var leftOut = (count: 0, first: [LeftOut]())
    /// Why it could not be kept. What is there then is not all there is.
    public private(set) var failure: SystemError?
    public private(set) var objects = 0
    public private(set) var bytes = 0
    /// The largest file.
    public private(set) var largest = 0

    /// How many of what is left out are named.
    private static let named = 5

    public init(in space: ListingSpace) {
        items = ItemList(in: space)
        folders = ItemList(in: space)
    }

    public mutating func leaveOut(_ path: RawPath, _ reason: String) {
        leftOut.count += 1
        if leftOut.first.count < Self.named { leftOut.first.append(LeftOut(path: path, reason: reason)) }
    }

    public mutating func append(_ item: Item) {
        do throws(SystemError) {
            try keep(item)
        } catch {
            failure = failure ?? error
        }
    }

    private mutating func keep(_ item: Item) throws(SystemError) {
        try items.append(item)
        switch item.content {
        case .file(let size):
            objects += 1
            bytes += size
            largest = max(largest, size)
        case .link: objects += 1
        case .folder: try folders.append(item)
        }
    }
}
