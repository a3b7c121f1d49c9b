import Checksums
import Glibc
import ObjectStore
import Plan
import Platform
import Synchronization
import TaskFile
import TestSupport
import Testing

@testable import Transfer

/// Copies of objects: what becomes of which key, and when.
@Suite struct StoreCopyTests {
    @Test func objectsOfAllSizes() throws {
        let sandbox = try StoreSandbox()
        let sizes = [0, 1, 999, 1000, 1001, 1999, 2000, 2001, 2999, 3000, 3001, 10_000, 54_321]
        for size in sizes { sandbox.store.set(ObjectKey("d/\(size)"), pattern(size, seed: size)) }
        let done = try sandbox.copy()
        #expect(done.outcome.failure == nil)
        #expect(done.progress.objectsDone == sizes.count)
        #expect(done.progress.bytesDone == sizes.reduce(0, +))
        for size in sizes { #expect(sandbox.files["d/\(size)"] == pattern(size, seed: size), "\(size)") }
        #expect(sandbox.leftovers == [])
    }

    /// On a file system that can; on others it is the usual way once more. The last part is no whole number of blocks.
    @Test(arguments: [0, 1, 4095, 4096])
    func largeObjectsPastThePageCache(rest: Int) throws {
        var sandbox = try StoreSandbox()
        sandbox.partSize = 8192
        sandbox.directFrom = 1
        let bytes = pattern(20 * 8192 + rest)
        sandbox.store.set("large", bytes)
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.files["large"] == bytes)
        #expect(sandbox.leftovers == [])
    }

    @Test func aPartSizeThatIsNoNumberOfBlocks() throws {
        var sandbox = try StoreSandbox()
        sandbox.directFrom = 1
        let bytes = pattern(12_345)
        sandbox.store.set("large", bytes)
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.files["large"] == bytes)
    }

    @Test func manySmallOnesBesideLargeOnes() throws {
        var sandbox = try StoreSandbox()
        sandbox.requests = 64
        for number in 0..<500 { sandbox.store.set(ObjectKey("s/\(number)"), pattern(number % 7, seed: number)) }
        for number in 0..<5 { sandbox.store.set(ObjectKey("l/\(number)"), pattern(30_001, seed: number)) }
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.files.count == 505)
        #expect((0..<500).allSatisfy { sandbox.files["s/\($0)"] == pattern($0 % 7, seed: $0) })
        #expect((0..<5).allSatisfy { sandbox.files["l/\($0)"] == pattern(30_001, seed: $0) })
        #expect(sandbox.store.mostReadsAtOnce > 8)
    }

    /// Neither waits for the other to end: as long as there are both, no third of the reads is without one of either.
    @Test func neitherLargeNorSmallOnesStarve() throws {
        let sandbox = try StoreSandbox()
        for number in 0..<300 { sandbox.store.set(ObjectKey("s/\(number)"), pattern(10)) }
        for number in 0..<4 { sandbox.store.set(ObjectKey("l/\(number)"), pattern(75_000)) }
        #expect(try sandbox.copy().outcome.failure == nil)
        let areLarge = sandbox.store.reads.map { $0.key.hasPrefix("l/") }
        let both = try areLarge.prefix(
            through: min(#require(areLarge.lastIndex(of: true)), #require(areLarge.lastIndex(of: false))))
        for third in 0..<3 {
            let some = both[both.count * third / 3..<both.count * (third + 1) / 3]
            #expect(some.contains(true) && some.contains(false), "in third \(third)")
        }
    }

    /// A large file has its room on the disk before its bytes come: a disk that is full is found at once.
    @Test func roomIsReserved() throws {
        var sandbox = try StoreSandbox(.stalling(behind: 1))
        sandbox.partSize = 1 << 20
        sandbox.store.set("large", [UInt8](repeating: 5, count: 8 << 20))
        #expect(try sandbox.copy(endedAfter: 500).outcome.failure?.code == .cancelled)
        let file = try #require(sandbox.leftovers.first { !$0.hasSuffix(".notes") && $0.contains("/") })
        var status = stat()
        #expect(stat(sandbox.destination + "/" + file, &status) == 0)
        #expect(status.st_blocks * 512 >= 8 << 20)
    }

    @Test func aSecondRunReadsNothing() throws {
        let sandbox = try StoreSandbox()
        sandbox.store.set("a", pattern(10))
        sandbox.store.set("b/c", pattern(5000))
        _ = try sandbox.copy()
        sandbox.store.forgetReads()
        let again = try sandbox.copy()
        #expect(again.outcome.failure == nil)
        #expect(again.progress.objectsDone == 0)
        #expect(again.progress.objectsSkipped == 2)
        #expect(sandbox.store.reads.isEmpty)
    }

    /// Same size, same time, another version.
    @Test func aNewVersionIsCopiedThoughItLooksTheSame() throws {
        let sandbox = try StoreSandbox()
        sandbox.store.set("a", pattern(10))
        sandbox.store.set("b", pattern(10))
        _ = try sandbox.copy()
        sandbox.store.set("a", pattern(10, seed: 2))
        let again = try sandbox.copy()
        #expect(again.progress.objectsDone == 1)
        #expect(sandbox.files["a"] == pattern(10, seed: 2))
        #expect(try sandbox.copy().progress.objectsDone == 0)
    }

    /// The run that would have brought the new version fails: the next one does not take the old file for the new version.
    @Test func aNewVersionIsCopiedAfterARunThatFailed() throws {
        let store = MemoryStore { _, key, _ throws(StoreError) in
            if key == "z" { throw StoreError(.denied, "no") }
        }
        let sandbox = try StoreSandbox(store)
        store.set("a", pattern(10))
        _ = try sandbox.copy()
        store.set("a", pattern(10, seed: 2))
        store.set("z", pattern(10))
        var limited = sandbox
        limited.requests = 1
        _ = try limited.copy()
        store.remove("z")
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.files["a"] == pattern(10, seed: 2))
    }

    @Test func foldersAreMarkedByKeysThatEndInASlash() throws {
        let sandbox = try StoreSandbox()
        sandbox.store.set("empty/", [])
        sandbox.store.set("full/", [])
        sandbox.store.set("full/a", [1])
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.names == ["empty", "full", "full/a"])
    }

    @Test(arguments: [("x", "x"), ("x/", "in"), ("y", "in"), ("y/", "in"), ("x1", "x1")])
    func whatASourceNames(key: String, name: String) throws {
        let sandbox = try StoreSandbox()
        for key: ObjectKey in ["x", "x1", "x/in", "y/in", "y1"] { sandbox.store.set(key, Array(key.bytes)) }
        let preflight = try sandbox.preflight("s3://bucket-1/\(key)")
        #expect(preflight.diagnostics.contains { $0.code == .badPrefix } == (key == "x"))
        #expect(try sandbox.copy("s3://bucket-1/\(key)").outcome.failure == nil)
        // A single object is the destination itself.
        let isFile = key == "x" || key == "x1"
        #expect(isFile ? (try? Array(sandbox.folder.read("dst").utf8)) == Array(key.utf8) : sandbox.names == [name])
    }

    @Test func aPrefixWithoutObjects() throws {
        let sandbox = try StoreSandbox()
        sandbox.store.set("a", [1])
        #expect(try sandbox.preflight("s3://bucket-1/b").refused.map(\.reason.code) == [.notFound])
        sandbox.store.remove("a")
        let empty = try sandbox.preflight()
        #expect(empty.refused.isEmpty && empty.diagnostics.contains { $0.severity == .warning })
    }

    @Test(arguments: [
        "a//b", "/a", "a/../b", "..", "a/./b", "a/", ObjectKey([97, 0, 98]),
        ObjectKey(String(repeating: "n", count: 256)),
    ])
    func keysThatCannotBeFiles(key: ObjectKey) throws {
        let sandbox = try StoreSandbox()
        sandbox.store.set("fine", [1])
        sandbox.store.set(key, [2])
        let preflight = try sandbox.preflight()
        #expect(preflight.refused.map(\.reason.code) == [.destinationDenied], "\(preflight.diagnostics)")
    }

    @Test func aKeyThatIsBothFileAndFolder() throws {
        let sandbox = try StoreSandbox()
        for key: ObjectKey in ["a", "a-b", "a.c", "a/b", "ab"] { sandbox.store.set(key, [1]) }
        #expect(try sandbox.preflight().refused.map(\.reason.code) == [.destinationDenied])
        #expect(try sandbox.preflight("s3://bucket-1", "exclude: [a/]").refused.isEmpty)
    }

    /// So does the object by which some programs mark a folder, if empty folders are made at all.
    @Test func aKeyThatIsBothFileAndMarkedFolder() throws {
        let sandbox = try StoreSandbox()
        for key: ObjectKey in ["a", "a-b", "b"] { sandbox.store.set(key, [1]) }
        sandbox.store.set("a/", [])
        #expect(try sandbox.preflight().refused.map(\.reason.code) == [.destinationDenied])
        #expect(try sandbox.preflight("s3://bucket-1", "include: ['*']").refused.isEmpty)
    }

    @Test func includeAndExclude() throws {
        let sandbox = try StoreSandbox()
        for key: ObjectKey in ["a.txt", "a.bin", "d/b.txt", "d/skip/c.txt", "skip/d.txt"] {
            sandbox.store.set(key, [1])
        }
        #expect(try sandbox.copy("s3://bucket-1", "include: ['*.txt'], exclude: [skip/]").outcome.failure == nil)
        #expect(Set(sandbox.files.keys) == ["a.txt", "d/b.txt"])
    }

    @Test func archivedObjectsAreFoundBefore() throws {
        let sandbox = try StoreSandbox()
        sandbox.store.set("a", [1], isArchived: true)
        #expect(try sandbox.preflight().refused.map(\.reason.code) == [.archivedObject])
    }

    @Test func aPrefixOfManyPages() throws {
        let sandbox = try StoreSandbox(MemoryStore(pageSize: 7))
        for number in 0..<100 { sandbox.store.set(ObjectKey("p/\(number)"), [UInt8(number)]) }
        #expect(try sandbox.copy("s3://bucket-1/p").progress.objectsDone == 100)
        #expect(sandbox.files["99"] == [99])
    }

    /// However keys lie on pages and in groups, each is found once.
    @Test(arguments: 1...12)
    func treesThatAreListedInGroups(pageSize: Int) throws {
        let sandbox = try StoreSandbox(MemoryStore(pageSize: pageSize))
        var keys: Set<String> = []
        for number in 0..<60 {
            let parts = [number % 3, number % 5, number % 7].prefix(number % 4).map { "f\($0)" }
            keys.insert((["r"] + parts + ["o\(number)"]).joined(separator: "/"))
        }
        for key in keys { sandbox.store.set(ObjectKey(key), Array(key.utf8)) }
        #expect(try sandbox.copy("s3://bucket-1/r/").outcome.failure == nil)
        #expect(Set(sandbox.files.keys.map { "r/" + $0 }) == keys)
    }

    @Test(arguments: 1...6)
    func conflictsAreSeenAcrossGroups(pageSize: Int) throws {
        let sandbox = try StoreSandbox(MemoryStore(pageSize: pageSize))
        for key: ObjectKey in ["a", "a-b", "a.c", "a/b", "ab", "c", "c/d", "e", "f", "g"] {
            sandbox.store.set(key, [1])
        }
        let reasons = try sandbox.preflight().refused.map(\.reason)
        #expect(reasons.map(\.code) == [.destinationDenied])
        #expect(reasons.first?.message.contains("`a` (is an object") == true)
        #expect(reasons.first?.message.contains("`c` (is an object") == true)
    }

    /// Several mounts of a task together keep to its `--jobs`.
    @Test func requestsAtOnceAreThoseOfAllCopies() throws {
        let store = MemoryStore()
        for number in 0..<200 { store.set(ObjectKey("\(number)"), pattern(10)) }
        store.set("large", pattern(20_000))
        let gate = Gate(3)
        let failures = Mutex(0)
        let group = Threads.begin(3) {
            do {
                var sandbox = try StoreSandbox(store)
                sandbox.gate = gate
                let done = try sandbox.copy()
                if done.progress.objectsDone != 201 { failures.withLock { $0 += 1 } }
            } catch {
                failures.withLock { $0 += 1 }
            }
        }
        group.join()
        #expect(failures.withLock { $0 } == 0)
        #expect(store.mostReadsAtOnce == 3)
    }
}
