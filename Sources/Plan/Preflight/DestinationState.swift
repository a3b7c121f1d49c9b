public import Platform

/// What is at a destination before anything is done to it, and what the copy would take there.
struct DestinationState {
    enum Obstacle {
        /// A folder where a single file shall stand.
        case folder
        case notWritable(SystemError)
        /// What a killed copy has left is where items belong.
        case leftover(RawPath)
    }

    private(set) var obstacle: Obstacle?
    /// Something is there that this copy has not put there, whole and as it is: what an earlier run has made does not count,
    /// nor what a killed one has left. Looked for only when it matters.
    private(set) var holdsOthers = false
    private(set) var bytesInPlace = 0
    let need: DiskNeed

    init(_ layout: CopyLayout, looksForOthers: Bool) throws(TrustedPath.Failure) {
        let nearest = try layout.destination.nearestFolder()
        do throws(SystemError) {
            let room = try nearest.folder.room()
            var bytes = 0
            var inodes = nearest.missing.count
            var begun = nearest.missing.isEmpty && layout.isRemote ? Self.begun(in: nearest.folder) : [:]
            var lookalikes = Lookalikes()
            let mayHoldItems = nearest.missing.isEmpty && !nearest.folder.isEmptyFolder
            for item in layout.sources.lazy.flatMap(\.items) {
                lookalikes.note(item)
                if mayHoldItems, let entry = try? nearest.folder.entryIfAny(of: item.path),
                    item.isInPlace(entry)
                {
                    bytesInPlace += item.size
                } else if let left = begun[item.size], left > 0 {
                    begun[item.size] = left - 1
                } else {
                    bytes += room.rounded(item.size)
                    inodes += 1
                }
            }
            need = DiskNeed(
                path: layout.destination.path, device: try nearest.folder.entry().device, room: room, bytes: bytes,
                inodes: inodes)
            if nearest.missing.isEmpty {
                try look(for: layout.fileName, in: nearest.folder)
                if let leftover = lookalikes.leftover(in: nearest.folder) { obstacle = .leftover(leftover) }
                if looksForOthers { holdsOthers = try holdsOthers(nearest.folder, layout, lookalikes) }
            }
        } catch {
            throw TrustedPath.Failure(path: layout.destination.path, error: error)
        }
        guard obstacle == nil else { return }
        do throws(SystemError) {
            try nearest.folder.checkWritable()
        } catch {
            obstacle = .notWritable(error)
        }
    }

    private mutating func look(for fileName: RawPath?, in folder: borrowing OwnedDescriptor) throws(SystemError) {
        guard let fileName, let entry = try folder.entryIfAny(of: fileName) else { return }
        if entry.kind == .folder { obstacle = .folder }
    }

    /// Large objects that a killed run has begun, counted by size: a copy goes on with them, and their room is reserved.
    private static func begun(in folder: borrowing OwnedDescriptor) -> [Int: Int] {
        var begun: [Int: Int] = [:]
        for name in (try? folder.names()) ?? [] where name.isOurStaging {
            // One that was copied, and only looks so, is open to others.
            guard let staging = try? OwnedDescriptor.open(name, in: folder, FileFlags.folder),
                let entry = try? staging.entry(), entry.mode & 0o077 == 0
            else { continue }
            for file in (try? staging.names()) ?? [] where file.isPartial {
                if let entry = try? staging.entry(of: file), entry.kind == .file { begun[entry.size, default: 0] += 1 }
            }
        }
        return begun
    }

    private func holdsOthers(
        _ folder: borrowing OwnedDescriptor, _ layout: CopyLayout, _ lookalikes: Lookalikes
    ) throws(SystemError) -> Bool {
        let items = layout.sources.flatMap(\.items)
        if let fileName = layout.fileName {
            guard let entry = try folder.entryIfAny(of: fileName) else { return false }
            return !items.contains { $0.isInPlace(entry) }
        }
        let listed = Dictionary(items.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        // Buckets have no folders, but keys that need them.
        let folders = layout.isRemote ? Set(items.flatMap(\.path.ancestors)) : []
        var others = false
        do throws(FolderWalk.Failure) {
            try FolderWalk.walk(
                folder, wanted: { path, _ in !others && (!path.isOurStaging || lookalikes.names.contains(path)) }
            ) { found in
                if found.entry.kind == .folder, folders.contains(found.path) { return }
                if listed[found.path]?.isInPlace(found.entry) != true { others = true }
            }
        } catch {
            throw error.error
        }
        return others
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
        case .file(let size): !hasUnknownSize && entry.kind == .file && entry.size == size && entry.modified == modified
        case .folder: entry.kind == .folder
        case .link(let target): entry.kind == .link && entry.size == target.bytes.count
        }
    }
}

extension FileSystemRoom {
    /// What a file of this size takes.
    func rounded(_ size: Int) -> Int { (size + blockSize - 1) / blockSize * blockSize }
}
