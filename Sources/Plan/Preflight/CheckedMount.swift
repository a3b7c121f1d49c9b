public import Platform
public import TaskFile

/// A copy whose source has been listed and whose destination has been looked at: all that is needed to do it.
public struct CheckedMount: Sendable {
    /// With the path as it is once links on the way are followed.
    public internal(set) var planned: PlannedMount
    /// The folder that the items land in. For a single file it is the folder that the file stands in.
    public let destination: TrustedPath
    /// The destination is one file, not the folder that items land in.
    public let isSingleFile: Bool
    /// Where the items come from, one after the other; a later one never has a name of an earlier one.
    public let sources: [ListedSource]
    /// Bytes that are in place already, by size and time.
    public let bytesInPlace: Int
    public let need: DiskNeed

    public var objects: Int { sources.reduce(0) { $0 + $1.listing.objects } }
    public var bytes: Int { sources.reduce(0) { $0 + $1.listing.bytes } }

    public var mount: Mount { planned.mount }

    /// The stores that the sources are in.
    public var stores: [OpenedStore] {
        sources.compactMap { source in
            if case .store(let opened) = source.origin { opened } else { nil }
        }
    }
}

/// What a mount takes of a file system.
public struct DiskNeed: Sendable {
    /// The nearest folder that is there.
    public let path: RawPath
    public let device: UInt64
    public let room: FileSystemRoom
    public let bytes: Int
    public let inodes: Int
}
