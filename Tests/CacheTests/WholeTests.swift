import Platform
import TestSupport
import Testing

@testable import Cache

/// Who may read the file of an object's bytes without us: only who would get what we have checked.
@Suite struct WholeTests {
    typealias Object = CacheSandbox.Object

    private let sandbox: CacheSandbox
    private let object = Object("a", (1 << 20) + 1)

    init() throws {
        sandbox = try CacheSandbox()
    }

    private var isWhole: Bool { sandbox.cache.open(object.version)?.whole != nil }

    @Test func whatWasKeptByThisProcess() async throws {
        #expect(!isWhole)
        sandbox.keep(object, 0..<500_000)
        await sandbox.cache.flush()
        #expect(!isWhole)
        #expect(try await sandbox.keepWhole(object))
        #expect(isWhole)
        sandbox.cache.rest()
        #expect(isWhole)
    }

    @Test func whatAnotherHasKeptIsReadOnceBefore() async throws {
        #expect(try await sandbox.keepWhole(object))
        try await sandbox.reopen()
        #expect(!isWhole)
        #expect(try sandbox.read(object, 4096..<object.version.size) == object.version.size - 4096)
        #expect(!isWhole)
        #expect(try sandbox.read(object, 10..<20) == 10)
        #expect(isWhole)
    }

    @Test func whatIsChangedBehindOurBackIsCheckedAnew() async throws {
        #expect(try await sandbox.keepWhole(object))
        #expect(isWhole)
        sandbox.cache.rest()
        let file = sandbox.file(object, .data)
        var bytes = try [UInt8](FileReading.bytes(of: file, limit: 8 << 20))
        bytes[70_000] ^= 1
        try Files.write(bytes, to: Array(file.utf8))
        #expect(!isWhole)
        #expect(try sandbox.read(object, object.whole) == 69_632)
        #expect(!isWhole)
        #expect(try await sandbox.keepWhole(object))
        #expect(try sandbox.read(object, object.whole) == object.version.size)
        #expect(isWhole)
    }

    @Test func damageThatAReaderFinds() async throws {
        #expect(try await sandbox.keepWhole(object))
        let cached = try #require(sandbox.cache.open(object.version))
        #expect(cached.whole != nil)
        let file = sandbox.file(object, .data)
        var bytes = try [UInt8](FileReading.bytes(of: file, limit: 8 << 20))
        bytes[0] ^= 1
        try Files.write(bytes, to: Array(file.utf8))
        #expect(try sandbox.read(object, 0..<4096) == 0)
        #expect(cached.whole == nil)
    }

    /// In any order, in pieces that overlap and that are no whole blocks.
    @Test func blocksAreCountedOnce() {
        for count in [1, 63, 64, 65, 200] {
            var blocks = CheckedBlocks(of: count)
            var places = Array(0..<count).shuffled()
            while let first = places.popLast() {
                #expect(!blocks.areAll)
                let last = min(count, first + Int.random(in: 1...70))
                blocks.insert(first..<last)
                places.removeAll { (first..<last).contains($0) }
            }
            #expect(blocks.areAll)
            blocks.insert(0..<1)
            #expect(blocks.areAll)
            blocks.removeAll()
            #expect(!blocks.areAll)
        }
    }
}
