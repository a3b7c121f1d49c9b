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

    enum Failure: Error {
        case place(TrustedPath.Failure)
        /// What was listed cannot be read back.
        case listing(SystemError)
    }

    /// `nested`: where other mounts of the task are, which are nobody else's and are not looked into.
    init(_ layout: CopyLayout, looksForOthers: Bool, nested: [RawPath]) throws(Failure) {
        let nearest = try Self.nearestFolder(layout)
        let room: FileSystemRoom
        let device: UInt64
        do throws(SystemError) {
            room = try nearest.folder.room()
            device = try nearest.folder.entry().device
            if nearest.missing.isEmpty, try Self.isFolder(layout.fileName, in: nearest.folder) { obstacle = .folder }
        } catch {
            throw .place(.init(path: layout.destination.path, error: error))
        }
        var begun = nearest.missing.isEmpty && layout.isRemote ? Self.begun(in: nearest.folder) : [:]
        let mayHoldItems = nearest.missing.isEmpty && !nearest.folder.isEmptyFolder
        var known = KnownPaths(foldersOfKeys: layout.isRemote)
        var lookalikes = Lookalikes()
        var bytes = 0
        var inodes = nearest.missing.count
        for source in layout.sources {
            var items = source.items
            while let item = try Self.next(&items) {
                lookalikes.note(item)
                var isInPlace = false
                if mayHoldItems, let entry = Self.entry(of: item.path, in: nearest.folder) {
                    isInPlace = item.isInPlace(entry)
                }
                if isInPlace {
                    bytesInPlace += item.size
                } else if let left = begun[item.size], left > 0 {
                    begun[item.size] = left - 1
                } else {
                    bytes += room.rounded(item.size)
                    inodes += 1
                }
                if looksForOthers, mayHoldItems { known.add(item.path, isInPlace: isInPlace) }
            }
        }
        need = DiskNeed(path: layout.destination.path, device: device, room: room, bytes: bytes, inodes: inodes)
        if nearest.missing.isEmpty, let leftover = lookalikes.leftover(in: nearest.folder) {
            obstacle = .leftover(leftover)
        }
        if looksForOthers, mayHoldItems {
            known.seal()
            holdsOthers = try Self.holdsOthers(nearest.folder, layout, known, lookalikes, nested)
        }
        guard obstacle == nil else { return }
        do throws(SystemError) {
            try nearest.folder.checkWritable()
        } catch {
            obstacle = .notWritable(error)
        }
    }

    private static func next(_ items: inout ItemReader) throws(Failure) -> SourceListing.Item? {
        do throws(SystemError) {
            return try items.next()
        } catch {
            throw .listing(error)
        }
    }

    private static func nearestFolder(_ layout: CopyLayout) throws(Failure) -> NearestFolder {
        do throws(TrustedPath.Failure) {
            return try layout.destination.nearestFolder()
        } catch {
            throw .place(error)
        }
    }

    /// What stands at a path, which may be longer than the kernel takes at once.
    private static func entry(of path: RawPath, in folder: borrowing OwnedDescriptor) -> FileEntry? {
        guard path.bytes.count > longestPath else { return try? folder.entryIfAny(of: path) }
        guard let parent = try? OwnedDescriptor.open(beneath: folder, path.parent, FileFlags.folder) else { return nil }
        return try? parent.entryIfAny(of: path.lastComponent)
    }

    private static let longestPath = 4000

    private static func isFolder(_ name: RawPath?, in folder: borrowing OwnedDescriptor) throws(SystemError) -> Bool {
        guard let name else { return false }
        return try folder.entryIfAny(of: name)?.kind == .folder
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

    private static func holdsOthers(
        _ folder: borrowing OwnedDescriptor, _ layout: CopyLayout, _ known: KnownPaths, _ lookalikes: Lookalikes,
        _ nested: [RawPath]
    ) throws(Failure) -> Bool {
        do throws(SystemError) {
            if let fileName = layout.fileName {
                return try folder.entryIfAny(of: fileName) != nil && !known.isInPlace(fileName)
            }
        } catch {
            throw .place(.init(path: layout.destination.path, error: error))
        }
        var others = false
        do throws(FolderWalk.Failure) {
            try FolderWalk.walk(
                folder,
                wanted: { path, _ in
                    !others && !nested.contains(path) && (!path.isOurStaging || lookalikes.names.contains(path))
                }
            ) { found in
                if found.entry.kind == .folder, nested.contains(where: { $0.isBelow(found.path) }) { return }
                if found.entry.kind == .folder, known.isFolderOfKeys(found.path) { return }
                if !known.isInPlace(found.path) { others = true }
            }
        } catch {
            throw .place(.init(path: layout.destination.path, error: error.error))
        }
        return others
    }
}

/// The paths below a destination that are a copy's own.
private struct KnownPaths {
    private var inPlace = PathSet()
    /// Buckets have no folders, but keys that need them.
    private var folders = PathSet()
    private let hasFoldersOfKeys: Bool
    private var lastFolder: RawPath = ""

    init(foldersOfKeys: Bool) {
        hasFoldersOfKeys = foldersOfKeys
    }

    mutating func add(_ path: RawPath, isInPlace: Bool) {
        if isInPlace { inPlace.insert(path) }
        // Neighbours in a listing mostly share theirs.
        guard hasFoldersOfKeys, path.parent != lastFolder else { return }
        lastFolder = path.parent
        for folder in path.ancestors { folders.insert(folder) }
    }

    mutating func seal() {
        inPlace.seal()
        folders.seal()
    }

    func isInPlace(_ path: RawPath) -> Bool { inPlace.contains(path) }
    func isFolderOfKeys(_ path: RawPath) -> Bool { folders.contains(path) }
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
