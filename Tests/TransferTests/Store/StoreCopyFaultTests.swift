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

/// What becomes of a copy when objects change, connections fail and somebody ends it.
@Suite struct StoreCopyFaultTests {
    @Test(arguments: [StoreError.Code.denied, .unreachable, .throttled, .expiredCredentials, .inputOutput])
    func aReadThatFailsEndsTheCopy(code: StoreError.Code) throws {
        let store = MemoryStore { number, _, _ throws(StoreError) in
            if number > 3 { throw StoreError(code, "it said no") }
        }
        let sandbox = try StoreSandbox(store)
        for number in 0..<20 { store.set(ObjectKey("\(number)"), pattern(10)) }
        let failure = try #require(try sandbox.copy().outcome.failure)
        #expect(failure.message.contains("it said no"))
        #expect(failure.exitStatus == code.exitStatus || code == .throttled)
        #expect(sandbox.files.values.allSatisfy { $0 == pattern(10) })
        #expect(sandbox.leftovers == [])
    }

    @Test(arguments: [10, 5000])
    func anObjectThatChangesIsNotMixed(size: Int) throws {
        let box = Mutex<MemoryStore?>(nil)
        let store = MemoryStore { number, key, _ throws(StoreError) in
            if number == 2 { box.withLock { $0?.set(key, pattern(size, seed: 9)) } }
        }
        box.withLock { $0 = store }
        var sandbox = try StoreSandbox(store)
        sandbox.requests = 1
        store.set("a", pattern(size))
        store.set("b", pattern(size))
        let failure = try #require(try sandbox.copy().outcome.failure)
        #expect(failure.code == .sourceChanged)
        #expect(sandbox.files.values.allSatisfy { $0 == pattern(size) })
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(Set(sandbox.files.keys) == ["a", "b"])
        #expect(sandbox.files.values.contains { $0 == pattern(size, seed: 9) })
        #expect(sandbox.leftovers == [])
    }

    @Test(arguments: [Checksum.Algorithm.crc32c, .crc64nvme, .md5])
    func bytesThatArriveWrongAreRefused(algorithm: Checksum.Algorithm) throws {
        let sandbox = try StoreSandbox()
        let wrong = try Checksum(algorithm, of: pattern(10, seed: 5))
        sandbox.store.set("a", pattern(10), checksum: wrong)
        let failure = try #require(try sandbox.copy().outcome.failure)
        #expect(failure.code == .corrupt)
        #expect(sandbox.store.reads.count == 3)
        #expect(sandbox.names == [])
        #expect(try sandbox.copy("s3://bucket-1", "checksum: 'off'").outcome.failure == nil)
    }

    /// The checksum of the whole is put together from those of the parts.
    @Test(arguments: [true, false])
    func aLargeObjectIsCheckedAsAWhole(isRight: Bool) throws {
        let sandbox = try StoreSandbox()
        let stated = try Checksum(.crc64nvme, of: pattern(12_345, seed: isRight ? 1 : 2))
        sandbox.store.set("a", pattern(12_345), checksum: stated)
        let done = try sandbox.copy()
        #expect(done.outcome.failure?.code == (isRight ? nil : .corrupt))
        #expect(sandbox.names == (isRight ? ["a"] : []))
        #expect(sandbox.store.reads.count == (isRight ? 13 : 39), "three times, as what comes whole")
        // Of what is fetched again nothing counts twice.
        #expect(done.progress.bytesDone == 12_345)
    }

    /// MD5s cannot be put together: they are looked at only when that was asked for.
    @Test func aLargeObjectWithAnMD5() throws {
        let sandbox = try StoreSandbox()
        sandbox.store.set("a", pattern(12_345), checksum: try Checksum(.md5, of: pattern(12_345, seed: 2)))
        #expect(try sandbox.copy("s3://bucket-1", "checksum: full").outcome.failure?.code == .corrupt)
        #expect(try sandbox.copy().outcome.failure == nil)
    }

    // MARK: Going on

    @Test func partsThatAreThereAreNotFetchedAgain() throws {
        let isBroken = Mutex(true)
        let store = MemoryStore { number, _, _ throws(StoreError) in
            if number > 10, isBroken.withLock({ $0 }) { throw StoreError(.unreachable, "gone") }
        }
        var sandbox = try StoreSandbox(store)
        sandbox.requests = 1
        store.set("a", pattern(30_500), checksum: try Checksum(.crc32c, of: pattern(30_500)))
        #expect(try sandbox.copy().outcome.failure?.code == .unreachable)
        #expect(sandbox.leftovers.count == 3, "the folder, the parts and the notes of them")
        store.forgetReads()
        isBroken.withLock { $0 = false }
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(store.reads.count == 21)
        #expect(sandbox.files == ["a": pattern(30_500)])
    }

    /// Parts have all of the object's room: those of an older version make way, also where the new one is broken off as well.
    @Test func partsOfAnOlderVersionMakeRoom() throws {
        let store = MemoryStore { number, _, _ throws(StoreError) in
            if number % 5 == 0 { throw StoreError(.unreachable, "gone") }
        }
        var sandbox = try StoreSandbox(store)
        sandbox.requests = 1
        for seed in 1...3 {
            store.set("a", pattern(30_500, seed: seed))
            #expect(try sandbox.copy().outcome.failure != nil)
            #expect(sandbox.leftovers.count == 3, "the folder, the parts and the notes of them")
        }
    }

    @Test(arguments: ["another version", "another part size"])
    func partsOfSomethingElseAreThrownAway(change: String) throws {
        let isBroken = Mutex(true)
        let store = MemoryStore { number, _, _ throws(StoreError) in
            if number > 5, isBroken.withLock({ $0 }) { throw StoreError(.unreachable, "gone") }
        }
        var sandbox = try StoreSandbox(store)
        sandbox.requests = 1
        store.set("a", pattern(10_000))
        #expect(try sandbox.copy().outcome.failure != nil)
        if change == "another version" { store.set("a", pattern(10_000, seed: 3)) } else { sandbox.partSize = 500 }
        isBroken.withLock { $0 = false }
        store.forgetReads()
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(store.reads.count == (change == "another version" ? 10 : 20))
        #expect(sandbox.files["a"] == (change == "another version" ? pattern(10_000, seed: 3) : pattern(10_000)))
        #expect(sandbox.leftovers == [])
    }

    @Test func whoEndsItIsNotKeptWaiting() throws {
        let store = MemoryStore.stalling(behind: 2)
        let sandbox = try StoreSandbox(store)
        for number in 0..<20 { store.set(ObjectKey("\(number)"), pattern(10)) }
        let done = try sandbox.copy(endedAfter: 200)
        #expect(done.outcome.failure?.code == .cancelled)
        #expect(sandbox.leftovers == [])
    }
}
