public import Platform

/// What is at a destination before anything is done to it, and what the copy would take there.
struct DestinationState {
    enum Obstacle {
        /// A folder where a single file shall stand.
        case folder
        case notWritable(SystemError)
    }

    private(set) var obstacle: Obstacle?
    private(set) var isEmpty = true
    private(set) var bytesInPlace = 0
    let need: DiskNeed

    init(_ layout: CopyLayout) throws(TrustedPath.Failure) {
        let nearest = try layout.destination.nearestFolder()
        do throws(SystemError) {
            let room = try nearest.folder.room()
            var bytes = 0
            var inodes = nearest.missing.count
            for item in layout.sources.lazy.flatMap(\.listing.items) {
                if nearest.missing.isEmpty, let entry = try? nearest.folder.entryIfAny(of: item.path),
                    item.isInPlace(entry)
                {
                    bytesInPlace += item.size
                } else {
                    bytes += room.rounded(item.size)
                    inodes += 1
                }
            }
            need = DiskNeed(
                path: layout.destination.path, device: try nearest.folder.entry().device, room: room, bytes: bytes,
                inodes: inodes)
            if nearest.missing.isEmpty { try look(into: nearest.folder, layout.fileName) }
        } catch {
            throw TrustedPath.Failure(path: layout.destination.path, error: error)
        }
        do throws(SystemError) {
            try nearest.folder.checkWritable()
        } catch {
            obstacle = .notWritable(error)
        }
    }

    private mutating func look(into folder: borrowing OwnedDescriptor, _ fileName: RawPath?) throws(SystemError) {
        guard let fileName else {
            isEmpty = try folder.names().isEmpty
            return
        }
        guard let entry = try folder.entryIfAny(of: fileName) else { return }
        isEmpty = false
        if entry.kind == .folder { obstacle = .folder }
    }
}

extension SourceListing.Item {
    public var size: Int {
        if case .file(let size) = content { size } else { 0 }
    }

    /// Whether what stands at the destination is this item already, as far as a look tells: a copy keeps sizes and times,
    /// to the nanosecond.
    public func isInPlace(_ entry: FileEntry) -> Bool {
        switch content {
        case .file(let size): entry.kind == .file && entry.size == size && entry.modified == modified
        case .folder: entry.kind == .folder
        case .link(let target): entry.kind == .link && entry.size == target.bytes.count
        }
    }
}

extension FileSystemRoom {
    /// What a file of this size takes.
    func rounded(_ size: Int) -> Int { (size + blockSize - 1) / blockSize * blockSize }
}
