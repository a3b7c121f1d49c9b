import Foundation
import Platform
import Synchronization
import TestSupport

@testable import Cache

/// A cache in a folder of its own, and made-up objects to keep in it.
final class CacheSandbox {
    let folder: TemporaryFolder
    let path: String
    private(set) var cache: DiskCache
    let told = Told()

    final class Told: Sendable {
        private let list = Mutex<[String]>([])

        var lines: [String] { list.withLock { $0 } }
        func note(_ line: String) { list.withLock { $0.append(line) } }
    }

    init(_ limits: CacheLimits = CacheLimits(), at path: String? = nil) throws {
        folder = try TemporaryFolder()
        self.path = path ?? folder.path("cache")
        cache = try Self.open(self.path, limits, told)
    }

    static let threads = WorkThreads.lasting(4)

    private static func open(_ path: String, _ limits: CacheLimits, _ told: Told) throws -> DiskCache {
        var settings = DiskCache.Settings(folder: RawPath(path), limits: limits, threads: threads)
        settings.report = { told.note($0) }
        return try DiskCache(settings)
    }

    /// What another process would find now.
    func reopen(_ limits: CacheLimits = CacheLimits()) async throws {
        try await settle()
        cache = try Self.open(path, limits, told)
    }

    /// Nobody uses anything, which the caller has to see to for himself. Programs that other tests start at this moment have what is open here for a while as well.
    func settle() async throws {
        await cache.flush()
        cache.rest()
        for path in files(.marks) {
            guard let file = try? OwnedDescriptor.open(RawPath(path), FileFlags.change) else { continue }
            while try !file.lock(waiting: false) { try await Task.sleep(for: .milliseconds(1)) }
            // Not by closing the file, which programs that are just being started have open too.
            try file.unlock()
        }
    }

    // MARK: Objects

    struct Object {
        var version: CachedVersion
        var seed: UInt64

        init(_ name: String, _ size: Int, version: String = "1", seed: UInt64 = 1) {
            self.version = CachedVersion(place: "s3 here", key: Array(name.utf8), version: version, size: size)
            self.seed = seed
        }

        var whole: Range<Int> { 0..<version.size }
        func bytes(_ range: Range<Int>) -> [UInt8] { Content.bytes(in: range, seed: seed) }
    }

    struct Wrong: Error, CustomStringConvertible {
        let description: String
    }

    /// How many bytes of the range are there without a gap. They are compared.
    func read(_ object: Object, _ range: Range<Int>) throws -> Int {
        guard let cached = cache.open(object.version) else { return 0 }
        var memory = [UInt8](repeating: 0x55, count: range.count)
        var progress = 0
        let (count, wasDamaged) = try memory.withUnsafeMutableBytes {
            try cached.read(range, into: $0) { progress = $0 }
        }
        guard count == progress, memory[..<count] == object.bytes(range)[..<count] else {
            throw Wrong(description: "wrong bytes of \(object.version) in \(range)")
        }
        if wasDamaged { cache.noteDamage(of: cached) }
        return count
    }

    func keep(_ object: Object, _ range: Range<Int>) {
        guard let cached = cache.open(object.version) else { return }
        let fetched = FetchedBytes(object.bytes(range))
        cache.keep(range, of: cached, fetched.bytes, ownedBy: fetched)
    }

    /// Keeps an object and says whether all of it is there in the end. What has to go first may be held for a moment, see `settle`.
    func keepWhole(_ object: Object) async throws -> Bool {
        for _ in 0..<3000 {
            if try await tryToKeepWhole(object) { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        return false
    }

    func tryToKeepWhole(_ object: Object) async throws -> Bool {
        keep(object, object.whole)
        await cache.flush()
        return try read(object, object.whole) == object.version.size
    }

    // MARK: The files

    /// Of entries, by their kind.
    func files(_ kind: EntryName.File) -> [String] {
        let all = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return all.filter { $0.hasSuffix(".\(kind.rawValue)") }.map { "\(path)/\($0)" }.sorted()
    }

    func file(_ object: Object, _ kind: EntryName.File) -> String {
        let name = object.version.name
        return "\(path)/\(CacheFolder.name.text)/\(name.folder)/\(name.file(kind).text)"
    }

    /// Bytes on the disk.
    var size: Int {
        EntryName.File.allCases.flatMap(files).reduce(0) { total, file in
            var status = stat()
            return stat(file, &status) == 0 ? total + Int(status.st_blocks) * 512 : total
        }
    }

    /// Says when the object was used last.
    func setUsed(_ object: Object, secondsAgo: Int) throws {
        let file = try OwnedDescriptor.open(RawPath(file(object, .marks)), FileFlags.change)
        try file.setModified(FileTime(seconds: Timestamp.secondsNow - secondsAgo, nanoseconds: 0))
    }
}

/// Without optimization the usual comparison takes longer than all else.
func == (left: ArraySlice<UInt8>, right: ArraySlice<UInt8>) -> Bool {
    left.count == right.count
        && left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                left.isEmpty || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
            }
        }
}
