import Cache
import Glibc
import MountFS
import ObjectStore
import Platform
import TestSupport
import Testing

/// Random reads of random files by several handles at once, compared byte for byte with what the objects hold. Every seed has
/// other files, another budget, often a tiny one, and a store that fails now and then. `PROVISION_TEST_SEED` repeats one.
struct RandomReadsTests {
    @Test func agreeWithTheObjects() async throws {
        let chosen = Environment.ofThisProcess().nonEmpty("PROVISION_TEST_SEED").flatMap { UInt64($0) }
        let first = chosen ?? .random(in: 0..<1 << 32)
        print("RandomReadsTests: PROVISION_TEST_SEED=\(first)")
        let folder = try TemporaryFolder()
        // So small that something goes all the time.
        let limits = CacheLimits(size: 4 << 20)
        let cache = try DiskCache(
            .init(folder: RawPath(folder.path("cache")), limits: limits, threads: ReadingSandbox.threads))
        for seed in first..<first + (chosen == nil ? 1500 : 1) {
            let isCached = seed % 3 == 0
            var session = RandomSession(
                seed, isCached ? MountCache(cache, place: "seed \(seed)", reader: .init("me")) : nil)
            try await session.run()
            // Again, of what is kept.
            if isCached { try await session.run() }
            try #require(
                await session.sandbox.isEmptySoon(), "seed \(seed): \(session.sandbox.memory.used) bytes are left")
            try #require(
                session.sandbox.store.overlaps == 0, "seed \(seed): the same bytes were asked for twice at once")
            try #require(session.sandbox.told.failures.isEmpty, "seed \(seed)")
            // Who is alone gets any amount.
            let most = max(session.sandbox.memory.total, RandomSession.largestRead)
            try #require(session.sandbox.memory.peak <= most, "seed \(seed): \(session.sandbox.memory.peak)")
        }
    }
}

private struct RandomSession {
    static let largestRead = 300_000

    private struct Handle {
        let object: OpenObject
        let bytes: [UInt8]
        var position = 0
    }

    let sandbox: ReadingSandbox
    private let seed: UInt64
    private var random: SeededGenerator
    private var files: [(file: FileVersion, bytes: [UInt8])] = []

    init(_ seed: UInt64, _ cache: MountCache?) {
        self.seed = seed
        var random = SeededGenerator(seed: seed)
        let piece = [1000, 16 << 10, 64 << 10].randomElement(using: &random)!
        let failures = [0, 0, 20, 5].randomElement(using: &random)!
        let store = FakeStore(latency: Bool.random(using: &random) ? 0 : 1, piece: piece) { number, request in
            guard failures > 0, (number &* 7919 &+ request.range.lowerBound) % failures == 0 else { return .usual }
            let error = StoreError(.unreachable, "away for a moment")
            return number % 2 == 0 ? .fail(error) : .breakOff(request.range.count / 2, error)
        }
        let memory = [1, 50_000, 400_000, 3 << 20, 64 << 20].randomElement(using: &random)!
        sandbox = ReadingSandbox(store, memory: memory, cache: cache) { settings in
            settings.smallFile = 64 << 10
            settings.firstPart = 64 << 10
            settings.largestPart = 256 << 10
            settings.largestWindow = 1 << 20
            settings.pause = TimeSpan(milliseconds: 1)
        }
        for number in 0..<Int.random(in: 1...3, using: &random) {
            let size = [0, 1, 5000, 64 << 10, 200_000, 1_500_000].randomElement(using: &random)!
            files.append(sandbox.make(ObjectKey("file \(number)"), size, seed: seed &+ UInt64(number)))
        }
        self.random = random
    }

    mutating func run() async throws {
        var handles = (0..<Int.random(in: 1...4, using: &random)).map { _ in open() }
        for _ in 0..<Int.random(in: 3...15, using: &random) {
            try await readSome(&handles)
            if Int.random(in: 0..<8, using: &random) == 0 {
                handles.removeLast().object.close()
                handles.append(open())
            }
        }
        for handle in handles { handle.object.close() }
    }

    private mutating func open() -> Handle {
        let (file, bytes) = files.randomElement(using: &random)!
        return Handle(object: sandbox.reading.open(file), bytes: bytes)
    }

    /// Several reads at once, each of which goes on where the handle was or jumps; now and then two are out of order, and one
    /// of them is given up.
    private mutating func readSome(_ handles: inout [Handle]) async throws {
        var reads: [(request: ReadRequest, wanted: Range<Int>, index: Int)] = []
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let index = Int.random(in: handles.indices, using: &random)
            let size = handles[index].bytes.count
            if Int.random(in: 0..<4, using: &random) == 0 {
                handles[index].position = Int.random(in: 0...size + 10, using: &random)
            }
            let count = [1, 4096, 32 << 10, 100_000, Self.largestRead].randomElement(using: &random)!
            var ranges = [handles[index].position..<handles[index].position + count]
            handles[index].position += count
            if Int.random(in: 0..<3, using: &random) == 0 {
                ranges.insert(handles[index].position..<handles[index].position + count, at: 0)
                handles[index].position += count
            }
            for range in ranges {
                reads.append((handles[index].object.begin(range.count, at: range.lowerBound), range, index))
            }
            if handles[index].position > size { handles[index].position = 0 }
        }
        if Int.random(in: 0..<5, using: &random) == 0 {
            reads.remove(at: Int.random(in: reads.indices, using: &random)).request.abandon()
        }
        for (request, wanted, index) in reads {
            let found = try await request.outcome.get()
            let bytes = handles[index].bytes
            let range = wanted.clamped(to: 0..<bytes.count)
            let isRight =
                found.count == range.count
                && (found.isEmpty
                    || bytes.withUnsafeBytes { bytes in
                        found.withUnsafeBytes {
                            memcmp($0.baseAddress!, bytes.baseAddress! + range.lowerBound, found.count) == 0
                        }
                    })
            try #require(isRight, "seed \(seed): \(wanted) of \(bytes.count) bytes")
            try #require(request.answers == 1, "seed \(seed): answered twice")
        }
    }
}
