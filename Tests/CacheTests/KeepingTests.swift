import Platform
import TestSupport
import Testing

@testable import Cache

/// What is kept is there, for everybody who means the same.
@Suite struct KeepingTests {
    typealias Object = CacheSandbox.Object

    @Test(arguments: [1, 4095, 4096, 4097, 100_000, 3 << 20, (3 << 20) + 1])
    func wholeObjects(size: Int) async throws {
        let sandbox = try CacheSandbox()
        let object = Object("a", size)
        #expect(try sandbox.read(object, object.whole) == 0)
        #expect(try await sandbox.keepWhole(object))
        try await sandbox.reopen()
        #expect(try sandbox.read(object, object.whole) == size)
        #expect(try sandbox.read(object, size / 3..<size) == size - size / 3)
        #expect(try sandbox.read(object, 0..<max(1, size / 2)) == max(1, size / 2))
        // A file that others could be served from without us.
        #expect(
            try [UInt8](FileReading.bytes(of: sandbox.file(object, .data), limit: 8 << 20))
                == object.bytes(object.whole))
    }

    @Test func pieces() async throws {
        let sandbox = try CacheSandbox()
        let object = Object("a", 100_000)
        // Of what is no whole block, the blocks inside.
        sandbox.keep(object, 4000..<13000)
        await sandbox.cache.flush()
        #expect(try sandbox.read(object, 4000..<13000) == 0)
        #expect(try sandbox.read(object, 4096..<13000) == 8192)
        #expect(try sandbox.read(object, 5000..<12_000) == 7000)
        let cached = try #require(sandbox.cache.open(object.version))
        #expect(try cached.gap(in: 0..<50_000) == 0..<50_000)
        #expect(try cached.gap(in: 0..<8192) == 0..<4096)
        #expect(try cached.gap(in: 12288..<40_000) == 12288..<40_000)
        sandbox.keep(object, 0..<4096)
        sandbox.keep(object, 98_304..<100_000)
        await sandbox.cache.flush()
        #expect(try sandbox.read(object, object.whole) == 12288)
        #expect(try cached.gap(in: 12288..<100_000) == 12288..<98_304)
        #expect(try sandbox.read(object, 99_000..<100_000) == 1000)
    }

    @Test func versionsPlacesAndNamesAreApart() async throws {
        let sandbox = try CacheSandbox()
        let object = Object("a", 5000)
        #expect(try await sandbox.keepWhole(object))
        var others = [Object("a", 5000, version: "2"), Object("b", 5000), Object("a", 5001), Object("", 5000)]
        others.append(object)
        others[4].version.place = "s3 there"
        for other in others { #expect(try sandbox.read(other, other.whole) == 0) }
        let long = Object(String(repeating: "/", count: 1024), 5000)
        #expect(try await sandbox.keepWhole(long))
        // No store has keys like this; nothing is kept, and nothing goes wrong.
        let endless = Object(String(repeating: "x", count: 1 << 20), 5000)
        #expect(sandbox.cache.open(endless.version) == nil)
    }

    @Test func readersAreRemembered() async throws {
        let sandbox = try CacheSandbox()
        let object = Object("a", 5000)
        let readers = (0..<20).map { CacheReader("reader \($0)") }
        do {
            let cached = try #require(sandbox.cache.open(object.version))
            for reader in readers.prefix(5) {
                #expect(!cached.isReadable(by: reader))
                cached.noteReadable(by: reader)
                #expect(cached.isReadable(by: reader))
            }
        }
        #expect(try await sandbox.keepWhole(object))
        try await sandbox.reopen()
        do {
            let again = try #require(sandbox.cache.open(object.version))
            for (index, reader) in readers.enumerated() { #expect(again.isReadable(by: reader) == (index < 5)) }
            // There is room for eight: what was there before may have to go, but who has come last is there.
            for reader in readers { again.noteReadable(by: reader) }
        }
        try await sandbox.reopen()
        let last = try #require(sandbox.cache.open(object.version))
        #expect(last.isReadable(by: readers[19]))
        #expect(readers.count { last.isReadable(by: $0) } <= 8)
        #expect(try sandbox.read(object, object.whole) == 5000)
    }

    @Test func isOfThisUserAlone() throws {
        let sandbox = try CacheSandbox()
        let entry = try OwnedDescriptor.open(RawPath(sandbox.path).appending(CacheFolder.name), FileFlags.folder)
            .entry()
        #expect(entry.mode == 0o700)
    }

    /// What waits to be written is bounded, and goes when memory is short.
    @Test func memoryIsBounded() async throws {
        let folder = try TemporaryFolder()
        var settings = DiskCache.Settings(
            folder: RawPath(folder.path("cache")), limits: CacheLimits(), threads: CacheSandbox.threads)
        settings.memory = 8192
        let cache = try DiskCache(settings)
        let object = Object("a", 1 << 20)
        let cached = try #require(cache.open(object.version))
        func isThere() throws -> Bool { try cached.hasBeginning(of: object.whole) }
        let tooMuch = FetchedBytes(object.bytes(0..<16384))
        cache.keep(0..<16384, of: cached, tooMuch.bytes, ownedBy: tooMuch)
        await cache.flush()
        #expect(try !isThere())
        weak var owner: FetchedBytes?
        do {
            let fetched = FetchedBytes(object.bytes(0..<4096))
            owner = fetched
            cache.keep(0..<4096, of: cached, fetched.bytes, ownedBy: fetched)
        }
        await cache.flush()
        #expect(owner == nil)
        #expect(try isThere())
    }
}
