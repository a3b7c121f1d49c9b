public import Platform

/// A source and what is in it.
public struct ListedSource: Sendable {
    public enum Origin: Sendable {
        /// The local folder that the items' source paths are below.
        case folder(RawPath)
        case store(OpenedStore)
    }

    public let origin: Origin
    /// The source's own name.
    public let name: RawPath
    public let isSingleFile: Bool
    public var listing: SourceListing
    private var placement = ItemPlacement.asListed

    init(origin: Origin, name: RawPath, isSingleFile: Bool, listing: SourceListing) {
        self.origin = origin
        self.name = name
        self.isSingleFile = isSingleFile
        self.listing = listing
    }

    /// The local folder that is copied as a whole.
    var localFolder: RawPath? {
        if case .folder(let folder) = origin, !isSingleFile { folder } else { nil }
    }

    /// What is to be made, at its place below the destination.
    public var items: ItemReader { ItemReader(listing.items, placement) }

    /// Those of the items that are folders.
    public var folders: ItemReader { ItemReader(listing.folders, placement) }

    /// Those from the last to the first: what is in a folder comes before the folder.
    public func foldersReversed<Failure: Error>(
        reading failure: (SystemError) -> Failure, _ body: (SourceListing.Item) throws(Failure) -> Void
    ) throws(Failure) {
        try ItemReader.reversed(listing.folders, placement, reading: failure, body)
    }

    /// With the one file called otherwise.
    func renamed(to name: RawPath) -> ListedSource {
        var renamed = self
        renamed.placement = .named(name)
        return renamed
    }

    /// With all of it in a folder of the source's name.
    func inFolderOfItsName() -> ListedSource {
        var moved = self
        moved.placement = .inFolder(name)
        return moved
    }
}
