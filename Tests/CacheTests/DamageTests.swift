import Foundation
import Platform
import TestSupport
import Testing

@testable import Cache

/// What is not as it was written is never given to anybody, and is kept anew.
@Suite struct DamageTests {
    typealias Object = CacheSandbox.Object

    /// Every byte of the marks, and enough of the data, one after the other.
    @Test(arguments: [EntryName.File.marks, .data])
    func anyByte(file: EntryName.File) async throws {
        let sandbox = try CacheSandbox()
        let object = Object("a", 3 * 4096 + 100)
        #expect(try await sandbox.keepWhole(object))
        let path = sandbox.file(object, file)
        let size = try FileReading.bytes(of: path, limit: 1 << 20).count
        var missed = 0
        for offset in stride(from: 0, to: size, by: file == .marks ? 1 : 37) {
            try await sandbox.reopen()
            try Self.flip(path, at: offset)
            // The readers are no part of what is checked: at worst one is asked for anew.
            if try sandbox.read(object, object.whole) < object.version.size { missed += 1 }
            #expect(try await sandbox.keepWhole(object), "byte \(offset)")
        }
        #expect(missed >= size / (file == .marks ? 4 : 37), "\(missed) of \(size)")
    }

    @Test(arguments: [EntryName.File.marks, .data], [0, 1, 4095, 5000, 12_288])
    func tornOff(file: EntryName.File, size: Int) async throws {
        let sandbox = try CacheSandbox()
        let object = Object("a", 5 * 4096 + 7)
        #expect(try await sandbox.keepWhole(object))
        try await sandbox.reopen()
        #expect(truncate(sandbox.file(object, file), off_t(size)) == 0)
        #expect(try sandbox.read(object, object.whole) <= (file == .data ? size : object.version.size))
        #expect(try await sandbox.keepWhole(object))
    }

    @Test func filesOfAnotherObject() async throws {
        let sandbox = try CacheSandbox()
        let (one, other) = (Object("a", 9000, seed: 1), Object("b", 9000, seed: 2))
        for object in [one, other] { #expect(try await sandbox.keepWhole(object)) }
        for kind in EntryName.File.allCases {
            try await sandbox.reopen()
            #expect(rename(sandbox.file(one, kind), sandbox.file(other, kind)) == 0)
            #expect(try sandbox.read(other, other.whole) == 0)
            #expect(try await sandbox.keepWhole(other))
            #expect(try await sandbox.keepWhole(one))
        }
    }

    @Test func isToldOnce() async throws {
        let sandbox = try CacheSandbox()
        let object = Object("a", 1 << 20)
        #expect(try await sandbox.keepWhole(object))
        for offset in [0, 500_000, 1_000_000] { try Self.flip(sandbox.file(object, .data), at: offset) }
        for offset in [0, 8192, 499_712] { _ = try sandbox.read(object, offset..<object.version.size) }
        #expect(
            sandbox.told.lines.count == 1 && sandbox.told.lines[0].contains("a was damaged"), "\(sandbox.told.lines)")
    }

    /// The folder goes while it is used, and there is another cache afterwards.
    @Test func removedFolder() async throws {
        let sandbox = try CacheSandbox()
        let object = Object("a", 100_000)
        #expect(try await sandbox.keepWhole(object))
        let cached = try #require(sandbox.cache.open(object.version))
        Files.removeTree(sandbox.path)
        // What is open stays readable.
        #expect(try sandbox.read(object, object.whole) == 100_000)
        withExtendedLifetime(cached) {}
        sandbox.cache.rest()
        #expect(try sandbox.read(object, object.whole) == 0)
        #expect(try await sandbox.keepWhole(object))
        try await sandbox.reopen()
        #expect(try sandbox.read(object, object.whole) == 100_000)
    }

    /// Something that is no folder is in its place: everything goes on without a cache, and with one again later.
    @Test func anotherThingInItsPlace() async throws {
        let sandbox = try CacheSandbox()
        let object = Object("a", 100_000)
        Files.removeTree(sandbox.path)
        try sandbox.folder.write("no folder", to: "cache")
        #expect(try await !sandbox.tryToKeepWhole(object))
        #expect(sandbox.told.lines.count == 1, "\(sandbox.told.lines)")
        #expect(throws: CacheFailure.self) { try CacheSandbox(at: sandbox.path) }
        #expect(unlink(sandbox.path) == 0)
        #expect(try await sandbox.keepWhole(object))
    }

    private static func flip(_ path: String, at offset: Int) throws {
        let file = try OwnedDescriptor.open(RawPath(path), FileFlags.change)
        let byte = try file.bytes(1, at: offset)
        try file.write([byte[0] ^ 0x10], at: offset)
    }
}
