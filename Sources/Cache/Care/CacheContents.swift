import Platform

/// A cache that is there, for who looks after it.
public struct CacheContents: Sendable {
    public let path: String
    private let cache: CacheFolder

    /// The caches of a folder, by their names; the folder itself where it is one.
    public static func caches(in folder: CachesFolder) throws(CacheFailure) -> [CacheContents] {
        if let own = try CacheContents(path: folder.path) { return [own] }
        var found: [CacheContents] = []
        for name in FileStatus.names(in: folder.path).sorted() {
            if let cache = try CacheContents(path: folder.folder(of: name)) { found.append(cache) }
        }
        return found
    }

    /// Nothing when no cache is there.
    private init?(path: String) throws(CacheFailure) {
        guard let cache = try CacheFolder(existingAt: RawPath(path)) else { return nil }
        self.path = path
        self.cache = cache
    }

    public var limits: CacheLimits { CacheSettings(of: cache).limits }

    // MARK: What is there

    public struct Object: Sendable {
        public var version: CachedVersion
        /// On the disk.
        public var bytes: Int
        /// In seconds since 1970.
        public var used: Int
    }

    /// What was used last comes first. What cannot be read, since it is damaged or was removed just now, is left out.
    public func objects() throws(CacheFailure) -> [Object] {
        var objects: [Object] = []
        do throws(SystemError) {
            let root = try cache.now()
            try CacheFolder.forEachFolder(in: root.file) { folder, place throws(SystemError) in
                for item in try place.names() {
                    guard let (name, file) = EntryName.parse(item), file == .marks, RawPath(name.folder) == folder,
                        let marks = try place.entryIfAny(of: item),
                        let version = try? Self.version(item, in: place)
                    else { continue }
                    let data = try place.entryIfAny(of: name.file(.data))
                    objects.append(
                        Object(
                            version: version, bytes: marks.allocated + (data?.allocated ?? 0),
                            used: marks.modified.seconds))
                }
            }
        } catch {
            throw CacheFailure(cache.path, error.description)
        }
        return objects.sorted {
            $0.used == $1.used ? $0.version.key.lexicographicallyPrecedes($1.version.key) : $0.used > $1.used
        }
    }

    private static func version(
        _ marks: RawPath, in place: borrowing OwnedDescriptor
    ) throws(SystemError) -> CachedVersion? {
        try MarksHeader.version(
            from: OwnedDescriptor.open(marks, in: place, FileFlags.read).bytes(MarksHeader.limit, at: 0))
    }

    // MARK: Removing

    public struct Removal: Sendable {
        public var removed = 0
        public var removedBytes = 0
        /// On the disk.
        public var leftBytes = 0
    }

    /// Removes what is too old or too much, by the limits that were stated last.
    public func prune() throws(CacheFailure) -> Removal { try sweep(CacheSweep(folder: cache, limits: limits)) }

    /// Removes all that nobody reads at the moment.
    public func clear() throws(CacheFailure) -> Removal {
        try sweep(CacheSweep(folder: cache, limits: limits, atLeast: .max))
    }

    private func sweep(_ sweep: CacheSweep) throws(CacheFailure) -> Removal {
        do throws(SystemError) {
            let outcome = try sweep.run(waiting: true) ?? .init()
            return Removal(
                removed: outcome.removed, removedBytes: outcome.removedBytes, leftBytes: outcome.total)
        } catch {
            throw CacheFailure(cache.path, error.description)
        }
    }
}
