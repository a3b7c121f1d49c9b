public import Cache
import Checksums
import ObjectStore
import Platform
import Synchronization

/// The cache of a mount, and as what its objects are known there.
public struct MountCache: Sendable {
    public let disk: DiskCache
    /// The bucket and its service.
    public let place: String
    /// As whom the mount reads.
    public let reader: CacheReader
    public let use = CacheUse()

    public init(_ disk: DiskCache, place: String, reader: CacheReader) {
        self.disk = disk
        self.place = place
        self.reader = reader
    }
}

/// A cache on disk with the store behind it: asks that one for what it lacks, and has it kept.
///
/// What there is was perhaps fetched by somebody else, so bytes come from the cache only when the store has let this reader
/// have the same version before, now or on another day. Nothing here makes a read fail that the store would answer.
final class CachedOrigin: ByteOrigin {
    private let cache: MountCache
    private let behind: any ByteOrigin
    private let threads: (any TaskExecutor)?
    /// Questions that are under way: many parts of a file may want to know at once.
    private let asking = Mutex<[CachedVersion: Task<StoreError?, Never>]>([:])

    init(_ cache: MountCache, before behind: any ByteOrigin, on threads: (any TaskExecutor)?) {
        self.cache = cache
        self.behind = behind
        self.threads = threads
    }

    func fetch(
        _ range: Range<Int>, of file: FileVersion, into memory: MemoryPiece,
        progress: @escaping @Sendable (_ count: Int) -> Void
    ) async throws(StoreError) -> ObjectVersion {
        guard let version = file.version, let known = known(file), let object = cache.disk.open(known) else {
            return try await behind.fetch(range, of: file, into: memory, progress: progress)
        }
        var position = range.lowerBound
        while position < range.upperBound {
            let done = position - range.lowerBound
            var found = try await read(position..<range.upperBound, of: file, object, into: memory.dropFirst(done)) {
                progress(done + $0)
            }
            position += found.count
            if found.gap.isEmpty, found.count == 0 { found.gap = position..<range.upperBound }
            if found.count > 0 { cache.use.noteHit() }
            guard !found.gap.isEmpty else { continue }
            cache.use.noteMiss()
            // Perhaps somebody else has asked for the same bytes since.
            guard !Task.isCancelled else { throw StoreError(.cancelled, "nobody wants it any more") }
            let before = position - range.lowerBound
            let rest = memory.dropFirst(before).prefix(found.gap.count)
            _ = try await behind.fetch(found.gap, of: file, into: rest) { progress(before + $0) }
            object.noteReadable(by: cache.reader)
            cache.disk.keep(found.gap, of: object, UnsafeRawBufferPointer(rest.bytes), ownedBy: rest.memory)
            position = found.gap.upperBound
        }
        return version
    }

    func checkReadable(_ file: FileVersion) async throws(StoreError) { try await behind.checkReadable(file) }

    var wholeChecksums: [Checksum.Algorithm] { behind.wholeChecksums }
    func wholeChecksum(of file: FileVersion) async -> Checksum? { await behind.wholeChecksum(of: file) }

    func forget(_ file: FileVersion) {
        if let known = known(file) { cache.disk.forget(known) }
        behind.forget(file)
    }

    func rest() {
        cache.disk.rest()
        behind.rest()
    }

    /// What has no version cannot be told from what it was yesterday.
    private func known(_ file: FileVersion) -> CachedVersion? {
        file.version.map {
            CachedVersion(place: cache.place, key: file.key.bytes, version: $0.text, size: file.size)
        }
    }

    // MARK: At hand

    var isLocal: Bool { true }

    func prepare(_ file: FileVersion) {
        if let known = known(file) { _ = cache.disk.open(known)?.isReadable(by: cache.reader) }
    }

    func needsPreparing(_ file: FileVersion) -> Bool { known(file).map { cache.disk.recent($0) == nil } ?? false }

    func readAtHand(_ range: Range<Int>, of file: FileVersion, into memory: UnsafeMutableRawBufferPointer) -> Bool {
        guard let known = known(file), let object = cache.disk.recent(known), object.isKnownReadable(by: cache.reader)
        else { return false }
        guard object.readAtHand(range, into: memory) else { return false }
        cache.use.noteHit()
        return true
    }

    func local(_ file: FileVersion) -> LocalContent? {
        guard file.size >= Self.leastLocal, let known = known(file), let object = cache.disk.recent(known),
            object.isKnownReadable(by: cache.reader), let descriptor = object.whole
        else { return nil }
        return LocalContent(descriptor, ownedBy: object)
    }

    /// Smaller ones come with one request of the kernel's, and stay in its memory.
    private static let leastLocal = 1 << 20

    // MARK: What is there

    /// What the cache has of the beginning of a range, and what is to be fetched behind that.
    private struct Found {
        var count = 0
        var gap: Range<Int>
    }

    private func read(
        _ range: Range<Int>, of file: FileVersion, _ object: CachedObject, into memory: MemoryPiece,
        progress: (_ count: Int) -> Void
    ) async throws(StoreError) -> Found {
        var found = Found(gap: range)
        do throws(SystemError) {
            guard try object.hasBeginning(of: range) else {
                found.gap = try object.gap(in: range)
                return found
            }
        } catch {
            cache.disk.note(error)
            return found
        }
        try await admit(file, object)
        do throws(SystemError) {
            let (count, wasDamaged) = try object.read(range, into: memory.bytes, progress: progress)
            if wasDamaged { cache.disk.noteDamage(of: object) }
            found = Found(count: count, gap: range.lowerBound + count..<range.upperBound)
            found.gap = found.gap.isEmpty ? found.gap : try object.gap(in: found.gap)
        } catch {
            cache.disk.note(error)
        }
        return found
    }

    // MARK: Who may read

    /// Throws what the store says to one who may not read the object.
    private func admit(_ file: FileVersion, _ object: CachedObject) async throws(StoreError) {
        guard !object.isReadable(by: cache.reader) else { return }
        let question = asking.withLock { asking in
            if let question = asking[object.version] { return question }
            let question = Task(executorPreference: threads) { [self] in
                defer { self.asking.withLock { $0[object.version] = nil } }
                do throws(StoreError) {
                    try await behind.checkReadable(file)
                    object.noteReadable(by: cache.reader)
                    return nil as StoreError?
                } catch {
                    return error
                }
            }
            asking[object.version] = question
            return question
        }
        if let error = await question.value { throw error }
    }
}
