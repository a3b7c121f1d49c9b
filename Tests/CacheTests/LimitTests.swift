import Foundation
import Platform
import TestSupport
import Testing

@testable import Cache

/// A cache is as large as it may be, and what was used longest ago goes first.
@Suite struct LimitTests {
    typealias Object = CacheSandbox.Object

    private static func objects(_ count: Int, _ size: Int) -> [Object] {
        (0..<count).map { Object("object \($0)", size, seed: UInt64($0)) }
    }

    private static func isThere(_ object: Object, _ sandbox: CacheSandbox) -> Bool {
        FileManager.default.fileExists(atPath: sandbox.file(object, .marks))
    }

    @Test func sizeIsNeverExceeded() async throws {
        let limits = CacheLimits(size: 4 << 20)
        let sandbox = try CacheSandbox(limits)
        for object in Self.objects(60, 300_000) {
            sandbox.keep(object, object.whole)
            await sandbox.cache.flush()
            #expect(sandbox.size <= limits.size)
        }
        #expect(sandbox.size > limits.size / 2)
    }

    @Test func whatWasUsedLongestAgoGoesFirst() async throws {
        let limits = CacheLimits(size: 4 << 20)
        let sandbox = try CacheSandbox(limits)
        let objects = Self.objects(12, 300_000)
        for object in objects { #expect(try await sandbox.keepWhole(object)) }
        try await sandbox.settle()
        // Not in the order in which they came.
        for (index, object) in objects.enumerated() { try sandbox.setUsed(object, secondsAgo: 1000 + index * 7 % 12) }
        // To read one makes it the newest.
        #expect(try sandbox.read(objects[5], objects[5].whole) == 300_000)
        try await sandbox.settle()
        let outcome = try #require(
            try CacheSweep(folder: CacheFolder(RawPath(sandbox.path)), limits: CacheLimits(size: 2 << 20)).run())
        #expect(outcome.total <= 2 << 20 && outcome.total == sandbox.size && outcome.removed > 0)
        let left = objects.indices.filter { Self.isThere(objects[$0], sandbox) }
        let byUse = objects.indices.sorted { ($0 == 5 ? -1 : $0 * 7 % 12) < ($1 == 5 ? -1 : $1 * 7 % 12) }
        #expect(left.sorted() == byUse.prefix(left.count).sorted())
    }

    @Test func whatIsInUseStays() async throws {
        let sandbox = try CacheSandbox()
        let objects = Self.objects(5, 100_000)
        for object in objects { #expect(try await sandbox.keepWhole(object)) }
        try await sandbox.settle()
        for object in objects { try sandbox.setUsed(object, secondsAgo: 1000) }
        let held = try #require(sandbox.cache.open(objects[2].version))
        let folder = try CacheFolder(RawPath(sandbox.path))
        let outcome = try #require(try CacheSweep(folder: folder, limits: CacheLimits(size: 1)).run())
        #expect(outcome.removed == 4 && outcome.isStillTooMuch)
        #expect(try sandbox.read(objects[2], objects[2].whole) == 100_000)
        withExtendedLifetime(held) {}
    }

    @Test func ageEndsIt() async throws {
        let limits = CacheLimits(maxAge: TimeSpan(milliseconds: 100_000))
        let sandbox = try CacheSandbox(limits)
        let objects = Self.objects(4, 50_000)
        for object in objects { #expect(try await sandbox.keepWhole(object)) }
        try await sandbox.settle()
        try sandbox.setUsed(objects[0], secondsAgo: 50)
        for object in objects[1...] { try sandbox.setUsed(object, secondsAgo: 200) }
        #expect(try sandbox.read(objects[0], objects[0].whole) == 50_000)
        // It is not believed any more, whether it has been removed or not.
        #expect(try sandbox.read(objects[1], objects[1].whole) == 0)
        try await sandbox.settle()
        try await sandbox.reopen(limits)
        let outcome = try CacheSweep(folder: CacheFolder(RawPath(sandbox.path)), limits: limits).run()
        #expect(outcome?.removed == 2)
        #expect(Self.isThere(objects[0], sandbox) && !Self.isThere(objects[2], sandbox))
    }

    /// What another process has written counts.
    @Test func sharedCount() async throws {
        let limits = CacheLimits(size: 8 << 20)
        let sandbox = try CacheSandbox(limits)
        let other = try DiskCache(.init(folder: RawPath(sandbox.path), limits: limits, threads: CacheSandbox.threads))
        for object in Self.objects(20, 300_000) { #expect(try await sandbox.keepWhole(object)) }
        try await sandbox.settle()
        await other.flush()
        #expect(try CacheUse(folder: CacheFolder(RawPath(sandbox.path))).add(0) == sandbox.size)
        withExtendedLifetime(other) {}
        // A number that cannot be believed is counted anew.
        try Data("what?".utf8).write(to: URL(fileURLWithPath: "\(sandbox.path)/\(CacheFolder.name.text)/use"))
        try await sandbox.reopen(limits)
        await sandbox.cache.flush()
        #expect(try CacheUse(folder: CacheFolder(RawPath(sandbox.path))).add(0) == sandbox.size)
    }

    @Test(.enabled(if: MountedFolder.isPossible, Comment(rawValue: MountedFolder.absence)))
    func aFullDiskMakesItSmaller() async throws {
        let mounted = try MountedFolder("size=8m")
        let sandbox = try CacheSandbox(at: mounted.path + "/cache")
        let objects = Self.objects(40, 700_000)
        for object in objects {
            sandbox.keep(object, object.whole)
            await sandbox.cache.flush()
            #expect(try [0, object.version.size].contains(sandbox.read(object, object.whole)))
            // What programs of other tests have open here at this moment cannot be removed.
            try await sandbox.settle()
        }
        let room = try OwnedDescriptor.open(RawPath(mounted.path), FileFlags.folder).room()
        #expect(room.bytes >= CacheLimits.reserve(of: room) / 2, "\(room)")
        #expect(sandbox.size > 2 << 20)
        // Somebody else needs the disk: all of it, then none.
        try Data(count: room.bytes).write(to: URL(fileURLWithPath: mounted.path + "/theirs"))
        for object in objects.prefix(20) {
            sandbox.keep(object, object.whole)
            await sandbox.cache.flush()
            _ = try sandbox.read(object, object.whole)
        }
        #expect(unlink(mounted.path + "/theirs") == 0)
        let late = Object("late", 700_000)
        #expect(try await sandbox.keepWhole(late))
    }

    /// What killed processes leave goes, what is somebody else's stays.
    @Test func leftovers() async throws {
        let sandbox = try CacheSandbox()
        let object = Object("a", 50_000)
        #expect(try await sandbox.keepWhole(object))
        let place = "\(sandbox.path)/\(CacheFolder.name.text)/\(object.version.name.folder)/"
        let orphan = object.version.name.folder + String(repeating: "0", count: 30) + ".data"
        let names = [orphan, ".new.1.new", "theirs", "00.data"]
        for name in names { try Data("x".utf8).write(to: URL(fileURLWithPath: place + name)) }
        for name in names {
            let file = try OwnedDescriptor.open(RawPath(place + name), FileFlags.change)
            try file.setModified(FileTime(seconds: 1000, nanoseconds: 0))
        }
        let folder = try CacheFolder(RawPath(sandbox.path))
        _ = try CacheSweep(
            folder: folder, limits: CacheLimits(size: 1 << 20, maxAge: TimeSpan(milliseconds: 1_000_000))
        ).run()
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: place).sorted()
                == (["theirs", "00.data"] + EntryName.File.allCases.map { object.version.name.file($0).text }).sorted())
    }
}
