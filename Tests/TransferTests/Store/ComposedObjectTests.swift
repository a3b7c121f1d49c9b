import Checksums
import HTTP
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import Transfer

/// Objects of which the store keeps a checksum of the checksums of the parts they were uploaded in, as most of those have that
/// vendors' own programs have uploaded.
@Suite(.apart) struct ComposedObjectTests {
    private let sandbox: StoreSandbox

    /// Of a store that can keep CRCs, so that asking for them is worth it. Parts that are fetched have up to 1,000 bytes.
    init() throws {
        sandbox = try StoreSandbox(MemoryStore(checksums: [.crc32c]))
    }

    /// Uploads so many bytes in parts of these sizes; `seed`: what the checksum is said to be of, where 1 is what is stored.
    private func upload(
        _ count: Int, in sizes: [Int], _ algorithm: Checksum.Algorithm, seed: Int = 1, to store: MemoryStore
    ) throws {
        let bytes = pattern(count, seed: seed)
        var start = 0
        var parts: [Checksum] = []
        for size in sizes {
            parts.append(try Checksum(algorithm, of: Array(bytes[start..<start + size])))
            start += size
        }
        #expect(start == count, "the parts are the whole")
        let checksum = try Checksum(algorithm, of: parts.flatMap(\.bytes))
        store.set("a", pattern(count), parts: sizes, CompositeChecksum(checksum, parts: sizes.count))
    }

    private static func equal(_ size: Int, of count: Int) -> [Int] {
        stride(from: 0, to: count, by: size).map { min(size, count - $0) }
    }

    /// As large as ours, smaller, larger and of ours, larger and not of ours, one for all; with a rest and without.
    @Test(arguments: [1000, 600, 125, 3000, 2500, 1024, 7000, 20_000], [12_345, 12_000])
    func partsOfOneSize(size: Int, count: Int) throws {
        for algorithm in [Checksum.Algorithm.crc32, .crc32c, .crc64nvme] {
            let sizes = Self.equal(size, of: count)
            try upload(count, in: sizes, algorithm, to: sandbox.store)
            let right = try sandbox.copy()
            #expect(right.outcome.failure == nil)
            #expect(sandbox.files["a"] == pattern(count))
            #expect(sandbox.store.reads.allSatisfy { $0.range.count ?? .max <= 1000 })
            try upload(count, in: sizes, algorithm, seed: 2, to: sandbox.store)
            let wrong = try sandbox.copy()
            #expect(wrong.outcome.failure?.code == .corrupt)
            #expect(sandbox.files["a"] == pattern(count), "that of before")
            #expect(wrong.progress.bytesDone == count)
            sandbox.store.forgetReads()
        }
    }

    /// A request for several parts ends where one that was uploaded does.
    @Test(arguments: [2000, 3000, 8000]) func severalPartsAtOnce(size: Int) throws {
        let far = HTTPTiming(waiting: 0.05, receiving: 0.001)
        var sandbox = try StoreSandbox(MemoryStore(checksums: [.crc32c], timing: far))
        sandbox.requests = 2
        for (seed, code) in [(1, nil), (2, CopyFailure.Code.corrupt)] {
            sandbox.store.forgetReads()
            try upload(100_000, in: Self.equal(size, of: 100_000), .crc32c, seed: seed, to: sandbox.store)
            #expect(try sandbox.copy().outcome.failure?.code == code)
            let lengths = sandbox.store.reads.map { $0.range.count ?? 0 }
            #expect(lengths.max() == min(size, 4000), "it asks for several")
            #expect(
                sandbox.store.reads.allSatisfy {
                    $0.range.start / size == ($0.range.start + $0.range.count! - 1) / size
                })
        }
    }

    /// What was fetched before a failure is compared as well.
    @Test(arguments: [(1, true), (2, false)]) func goneOnWith(seed: Int, isRight: Bool) throws {
        let failing = MemoryStore(checksums: [.crc32c]) { number, _, _ throws(StoreError) in
            if number == 7 { throw StoreError(.denied, "no") }
        }
        var sandbox = try StoreSandbox(failing)
        sandbox.requests = 1
        try upload(12_345, in: Self.equal(3000, of: 12_345), .crc32c, seed: seed, to: failing)
        #expect(try sandbox.copy().outcome.failure?.code == .sourceDenied)
        let done = try sandbox.copy()
        #expect(done.outcome.failure?.code == (isRight ? nil : .corrupt))
        #expect(failing.reads.count < 20 || !isRight)
        #expect(sandbox.files["a"] == (isRight ? pattern(12_345) : nil))
    }

    /// Nobody says that parts have one size. Those of such an object cannot be told from damage but by asking for each.
    @Test func partsOfSeveralSizes() throws {
        let sizes = [3000, 2000, 3000, 2500]
        try upload(10_500, in: sizes, .crc32c, to: sandbox.store)
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.store.partsLookedAt == [1, 2])
        #expect(sandbox.files["a"] == pattern(10_500))
        try upload(10_500, in: sizes, .crc32c, to: sandbox.store)
        let done = try sandbox.copy("s3://bucket-1", "checksum: full")
        #expect(done.outcome.failure == nil)
        #expect(done.outcome.unproven == 1)
    }

    /// Who cannot be asked whether something is wrong costs nothing that has come.
    @Test func comparedByTheNextRun() throws {
        try upload(10_500, in: [3000, 2000, 3000, 2500], .crc32c, to: sandbox.store)
        sandbox.store.silence(parts: [2])
        #expect(try sandbox.copy().outcome.failure?.code == .unreachable)
        #expect(!sandbox.leftovers.isEmpty)
        sandbox.store.silence(parts: [])
        sandbox.store.forgetReads()
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.store.reads.count == 0)
        #expect(sandbox.files["a"] == pattern(10_500))
        #expect(sandbox.leftovers == [])
    }

    /// Of digests nothing can be put together: they are looked at only when that was asked for.
    @Test(arguments: [Checksum.Algorithm.md5, .sha256], [900, 12_345])
    func digests(algorithm: Checksum.Algorithm, count: Int) throws {
        for (seed, checksum, code) in [
            (1, "full", nil), (2, "full", .corrupt), (2, "auto", nil),
        ] as [(Int, String, CopyFailure.Code?)] {
            try upload(count, in: Self.equal(300, of: count), algorithm, seed: seed, to: sandbox.store)
            let done = try sandbox.copy("s3://bucket-1", "checksum: \(checksum)")
            #expect(done.outcome.failure?.code == code)
            #expect(done.outcome.unproven == 0)
        }
    }

    /// Everything that is stated is compared then, also where the listing knew nothing of it.
    @Test(arguments: [Checksum.Algorithm.crc32c, .sha256]) func smallOnesInFull(algorithm: Checksum.Algorithm) throws {
        try upload(900, in: [900], algorithm, seed: 2, to: sandbox.store)
        #expect(try sandbox.copy().outcome.failure == nil)
        sandbox.store.remove("a")
        try upload(900, in: [900], algorithm, seed: 2, to: sandbox.store)
        #expect(try sandbox.copy("s3://bucket-1", "checksum: full").outcome.failure?.code == .corrupt)
    }

    @Test(arguments: ["auto", "full"]) func nothingIsStated(checksum: String) throws {
        for (key, count) in [("small", 10), ("large", 5000), ("empty", 0)] as [(ObjectKey, Int)] {
            sandbox.store.set(key, pattern(count))
        }
        sandbox.store.set("other", pattern(7), checksum: try Checksum(.md5, of: pattern(7)))
        let done = try sandbox.copy("s3://bucket-1", "checksum: \(checksum)")
        #expect(done.outcome.failure == nil)
        #expect(done.outcome.unproven == (checksum == "full" ? 2 : 0))
    }
}
