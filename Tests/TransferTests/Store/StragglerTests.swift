import Checksums
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import Transfer

/// A part that takes far longer than its siblings is asked for a second time, and nothing else is.
@Suite(.apart) struct StragglerTests {
    private static let parts = 20
    private static let bytes = pattern(parts * 1000 - 10)

    /// `slow` milliseconds for the twelfth request, `usual` for all others.
    private func sandbox(slow: Int, usual: Int = 5, failsSecond: Bool = false) throws -> StoreSandbox {
        let store = MemoryStore { number, _, _ throws(StoreError) in
            if number > Self.parts, failsSecond { throw StoreError(.unreachable, "the second one fails") }
            do {
                try await Task.sleep(for: .milliseconds(number == 12 ? slow : usual))
            } catch {
                throw StoreError(.cancelled, "cancelled")
            }
        }
        var sandbox = try StoreSandbox(store)
        sandbox.stragglers.leastMilliseconds = 200
        store.allow(repetitions: 100)
        store.set("large", Self.bytes, checksum: try Checksum(.crc64nvme, of: Self.bytes))
        return sandbox
    }

    /// It need not be waited for: that would take ten minutes.
    @Test(arguments: [Int.max, 0])
    func aSecondRequest(directFrom: Int) throws {
        var sandbox = try sandbox(slow: 600_000)
        sandbox.directFrom = directFrom
        let done = try sandbox.copy()
        #expect(done.outcome.failure == nil)
        #expect(sandbox.files["large"] == Self.bytes)
        #expect(sandbox.store.reads.count == Self.parts + 1)
        let twice = Dictionary(grouping: sandbox.store.reads, by: { "\($0.range)" }).filter { $0.value.count == 2 }
        #expect(twice.count == 1)
        #expect(done.progress.bytesDone == Self.bytes.count)
        #expect(sandbox.memory.used == 0)
        #expect(sandbox.leftovers == [])
    }

    /// Who has lost may be just writing, and wrong bytes at that, of which nobody else has heard: he is waited for, and then it is the
    /// file that is compared.
    @Test(arguments: [Int.max, 0])
    func aLoserThatWritesLast(directFrom: Int) throws {
        let store = MemoryStore { number, _, _ throws(StoreError) in
            guard number == 12 else { return }
            // Until another has brought it, and then for a while in which nothing can stop it.
            await AlarmClock.shared.pause(milliseconds: 600_000)
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                _ = AlarmClock.shared.set(milliseconds: 300) { continuation.resume() }
            }
        } spoils: {
            $0 == 12
        }
        var sandbox = try StoreSandbox(store)
        // Of whole blocks, or nothing is written past the page cache.
        sandbox.partSize = 4096
        sandbox.directFrom = directFrom
        // The others take no time, but for what a busy machine takes.
        sandbox.stragglers.leastMilliseconds = 2000
        let bytes = pattern(Self.parts * 4096 - 10)
        store.allow(repetitions: 100)
        store.set("large", bytes, checksum: try Checksum(.crc64nvme, of: bytes))
        let done = try sandbox.copy()
        #expect(store.readsNow == 0)
        #expect(done.outcome.failure == nil)
        #expect(sandbox.files["large"] == bytes)
        // Once beside the first, and once more by one alone.
        let thrice = Dictionary(grouping: store.reads, by: { "\($0.range)" }).filter { $0.value.count == 3 }
        #expect(thrice.count == 1)
        #expect(store.reads.count == Self.parts + 2)
        #expect(done.progress.bytesDone == bytes.count)
        #expect(sandbox.memory.used == 0)
        #expect(sandbox.leftovers == [])
    }

    /// When all take as long, none of them is one.
    @Test func allEquallySlow() throws {
        let sandbox = try sandbox(slow: 400, usual: 400)
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.store.reads.count == Self.parts)
    }

    /// Who watches does not hold up the end: the next look would be in ten minutes.
    @Test func aTimelyEnd() throws {
        var sandbox = try sandbox(slow: 300)
        sandbox.stragglers.lookMilliseconds = 600_000
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.files["large"] == Self.bytes)
        #expect(sandbox.store.reads.count == Self.parts)
    }

    /// Who has asked for too much again already waits for the first one.
    @Test func withoutLeave() throws {
        let sandbox = try sandbox(slow: 1500)
        sandbox.store.allow(repetitions: 0)
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.store.reads.count == Self.parts)
        #expect(sandbox.files["large"] == Self.bytes)
    }

    /// A second one that fails harms nobody.
    @Test func theFirstStillCounts() throws {
        let sandbox = try sandbox(slow: 1500, failsSecond: true)
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.store.reads.count == Self.parts + 1)
        #expect(sandbox.files["large"] == Self.bytes)
    }

    @Test func cancelledMeanwhile() throws {
        let sandbox = try sandbox(slow: 600_000)
        sandbox.store.allow(repetitions: 0)
        let done = try sandbox.copy(endedAfter: 600)
        #expect(done.outcome.failure?.code == .cancelled)
        #expect(sandbox.memory.used == 0)
    }
}
