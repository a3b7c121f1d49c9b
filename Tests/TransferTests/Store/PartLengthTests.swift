import Checksums
import Glibc
import HTTP
import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Transfer

/// Where requests wait long for their first byte, one of them asks for several parts.
@Suite struct PartLengthTests {
    /// After so many requests for so many parts, which took so many seconds.
    private static func length(
        _ waiting: Double, _ receiving: Double, parts: Double = 1, requests: Int = PartLength.telling
    ) -> PartLength {
        let length = PartLength()
        for _ in 0..<requests {
            length.note(HTTPTiming(waiting: waiting, receiving: receiving * parts), parts: parts)
        }
        return length
    }

    @Test func asFarAsTheWaitingIsWorthIt() {
        let cases: [(waiting: Double, receiving: Double, parts: Int)] = [
            (0.03, 0.08, 4), (0.03, 0.10, 3), (0.03, 0.3, 1), (0.1, 0.08, 4), (0.1, 8, 1),
            // A store that is near, and whose processors are busy.
            (0.001, 0.002, 1), (0.009, 0.004, 1),
        ]
        for (waiting, receiving, parts) in cases {
            let length = Self.length(waiting, receiving)
            #expect(length.next == parts, "\(waiting) \(receiving)")
        }
    }

    /// What is known of one part does not depend on how many came at once.
    @Test func asMuchByLongerRequests() {
        #expect(Self.length(0.03, 0.1, parts: 3).next == 3)
    }

    @Test func untilSomethingIsKnown() {
        #expect(Self.length(1, 0.01, requests: PartLength.telling - 1).next == 1)
    }

    @Test func aStoreThatBecomesFarther() {
        let length = Self.length(0.001, 0.08, requests: 100)
        for _ in 0..<50 { length.note(HTTPTiming(waiting: 0.05, receiving: 0.08), parts: 1) }
        #expect(length.next == PartLength.most)
    }

    // MARK: In a copy

    private static let far = HTTPTiming(waiting: 0.1, receiving: 0.01)

    private static func ranges(_ store: MemoryStore) -> [Range<Int>] {
        store.reads.compactMap { $0.range.clipped(to: .max) }.sorted { $0.lowerBound < $1.lowerBound }
    }

    @Test(arguments: [Checksum.Algorithm.crc32c, .crc64nvme])
    func whatComesTogether(algorithm: Checksum.Algorithm) throws {
        let bytes = pattern(99_500)
        var sandbox = try StoreSandbox(MemoryStore(timing: Self.far))
        sandbox.requests = 2
        sandbox.store.set("a", bytes, checksum: try Checksum(algorithm, of: bytes))
        let done = try sandbox.copy()
        #expect(done.outcome.failure == nil && sandbox.files == ["a": bytes] && sandbox.leftovers == [])
        #expect(done.progress.bytesDone == bytes.count)
        let ranges = Self.ranges(sandbox.store)
        var end = 0
        for range in ranges {
            #expect(range.lowerBound == end)
            end = range.upperBound
        }
        #expect(end == bytes.count)
        #expect(ranges.allSatisfy { $0.lowerBound % 1000 == 0 && $0.count <= 1000 * PartLength.most })
        #expect(ranges.contains { $0.count == 1000 * PartLength.most } && ranges.count < 60, "\(ranges)")
    }

    /// All requests shall have as much to do until the end; while other objects are still to come they have.
    @Test func towardsTheEnd() throws {
        var sandbox = try StoreSandbox(MemoryStore(timing: Self.far))
        sandbox.requests = 4
        for name in ["a", "b"] { sandbox.store.set(ObjectKey(name), pattern(40_000)) }
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.files == ["a": pattern(40_000), "b": pattern(40_000)])
        let reads = sandbox.store.reads
        // Which is the last to be begun nobody knows.
        let ends = ["a", "b"].map { key in reads.filter { $0.key == key && $0.range.start >= 32_000 } }
        #expect(reads.contains { $0.range.count == 1000 * PartLength.most })
        #expect(ends.contains { $0.count == 8 && $0.allSatisfy { $0.range.count == 1000 } }, "\(ends)")
    }

    @Test func whatArrivesWrong() throws {
        let bytes = pattern(99_500)
        var sandbox = try StoreSandbox(MemoryStore(timing: Self.far))
        sandbox.requests = 2
        sandbox.store.set("a", bytes, checksum: try Checksum(.crc64nvme, of: pattern(99_500, seed: 2)))
        #expect(try sandbox.copy().outcome.failure?.code == .corrupt)
        #expect(sandbox.files == [:])
    }

    /// One that is broken off begins anew, and what other requests brought stays.
    @Test func goingOn() throws {
        let bytes = pattern(99_500)
        let isBroken = Mutex(true)
        let store = MemoryStore(timing: Self.far) { number, _, _ throws(StoreError) in
            if number > 20, isBroken.withLock({ $0 }) { throw StoreError(.unreachable, "gone") }
        }
        var sandbox = try StoreSandbox(store)
        sandbox.requests = 1
        store.set("a", bytes, checksum: try Checksum(.crc64nvme, of: bytes))
        #expect(try sandbox.copy().outcome.failure?.code == .unreachable)
        let there = Self.ranges(store).dropLast().reduce(0) { $0 + $1.count }
        #expect(there > 20_000)
        store.forgetReads()
        isBroken.withLock { $0 = false }
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(Self.ranges(store).reduce(0) { $0 + $1.count } == bytes.count - there)
        #expect(sandbox.files == ["a": bytes] && sandbox.leftovers == [])
    }

    /// What goes past the page cache has buffers of one part.
    @Test func pastThePageCache() throws {
        let bytes = pattern(99 * 4096)
        var sandbox = try StoreSandbox(MemoryStore(timing: Self.far))
        (sandbox.partSize, sandbox.directFrom, sandbox.requests) = (4096, 0, 2)
        sandbox.store.set("a", bytes)
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.files == ["a": bytes])
        let isInMemory = try SharedDescriptor(.open(RawPath(sandbox.folder.path), O_RDONLY)).file.isInMemory()
        #expect(Self.ranges(sandbox.store).allSatisfy { $0.count == 4096 } || isInMemory)
    }
}
