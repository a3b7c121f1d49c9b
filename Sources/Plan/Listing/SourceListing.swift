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
        /// Below the source's folder; the same but for a single file.
        public var sourcePath: RawPath
        public var content: Content
        /// Permission bits.
        public var mode: UInt32
        public var modified: FileTime
    }

    /// What is listed and will not be made, with the reason.
    public struct LeftOut: Sendable, Equatable {
        public var path: RawPath
        public var reason: String
    }

    /// Folders stand before what is in them. The source's own folder, when it is one, is the first and called `.`.
    public var items: [Item] = []
    public var leftOut: [LeftOut] = []
    public private(set) var objects = 0
    public private(set) var bytes = 0

    public init() {}

    public mutating func append(_ item: Item) {
        items.append(item)
        switch item.content {
        case .file(let size):
            objects += 1
            bytes += size
        case .link: objects += 1
        case .folder: break
        }
    }
}

/// A local source and what is in it.
public struct ListedSource: Sendable {
    /// The folder that the items' source paths are below.
    public let folder: RawPath
    /// The source's own name.
    public let name: RawPath
    public let isSingleFile: Bool
    public var listing: SourceListing

    /// With the one file called otherwise.
    func renamed(to name: RawPath) -> ListedSource {
        changingPaths { _ in name }
    }

    /// With all of it in a folder of the source's name.
    func inFolderOfItsName() -> ListedSource {
        changingPaths { $0 == "." ? name : name.appending($0) }
    }

    private func changingPaths(_ change: (RawPath) -> RawPath) -> ListedSource {
        var changed = self
        for index in listing.items.indices {
            changed.listing.items[index].path = change(listing.items[index].path)
        }
        return changed
    }
}
