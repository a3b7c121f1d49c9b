import Cache
import Checksums
import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// Large files that are read from their beginning to their end are compared with what the store states of the whole.
struct WholeCheckTests {
    private static let algorithms: Set<Checksum.Algorithm> = [.crc32, .crc32c, .crc64nvme]
    private let size = 9_000_001
    private let step = 1 << 20

    private func sandbox(
        _ states: FakeStore.Statement = .of(.crc64nvme), latency: Int = 0, cache: MountCache? = nil,
        change: (inout ReadingSettings) -> Void = { _ in },
        behaviour: @escaping @Sendable (_ number: Int, FakeStore.Request) -> FakeStore.Behaviour = { _, _ in .usual }
    ) -> ReadingSandbox {
        let store = FakeStore(latency: latency, states: states, keeps: Self.algorithms, behaviour: behaviour)
        return ReadingSandbox(store, cache: cache, change)
    }

    /// What reads of all of a file have come to, one after the other, or all at once as a kernel asks that reads ahead.
    private func outcomes(_ object: OpenObject, atOnce: Bool = false) async -> [ReadRequest.Outcome] {
        let offsets = stride(from: 0, to: size, by: step)
        var outcomes: [ReadRequest.Outcome] = []
        if atOnce {
            for request in offsets.map({ object.begin(step, at: $0) }) { outcomes.append(await request.outcome) }
        } else {
            for offset in offsets { outcomes.append(await object.begin(step, at: offset).outcome) }
        }
        return outcomes
    }

    private func expect(
        _ outcomes: [ReadRequest.Outcome], are bytes: [UInt8], at location: Testing.SourceLocation = #_sourceLocation
    ) throws {
        let found = try outcomes.flatMap { try $0.get() }
        #expect(found[...] == bytes[...], sourceLocation: location)
    }

    @Test(arguments: [Checksum.Algorithm.crc32, .crc32c, .crc64nvme], [true, false])
    func whatIsRight(algorithm: Checksum.Algorithm, atOnce: Bool) async throws {
        let sandbox = sandbox(.of(algorithm), latency: 1)
        let (file, bytes) = sandbox.make("a", size)
        let object = sandbox.reading.open(file)
        try expect(await outcomes(object, atOnce: atOnce), are: bytes)
        #expect(sandbox.store.stats == 1)
        // Once more, as long as it is open.
        try expect(await outcomes(object), are: bytes)
        object.close()
        #expect(sandbox.store.stats == 1 && sandbox.told.failures.isEmpty && sandbox.told.changed == [])
        #expect(await sandbox.isEmptySoon())
    }

    /// Wherever it is wrong, it is the end that fails, with the reason; who opens the file then has it right.
    @Test(arguments: [1, 2, 4], [true, false])
    func whatIsWrong(request: Int, atOnce: Bool) async throws {
        let sandbox = sandbox(behaviour: { number, _ in number == request ? .corrupt : .usual })
        let (file, bytes) = sandbox.make("a", size)
        let object = sandbox.reading.open(file)
        let outcomes = await outcomes(object, atOnce: atOnce)
        #expect(outcomes.last?.map(\.count) == .failure(.inputOutput))
        // As soon as it is known nothing more is given of it.
        for outcome in outcomes where outcome.map(\.count) != .failure(.inputOutput) {
            #expect(try outcome.get().count == step)
        }
        #expect(sandbox.told.changed == ["a"] && sandbox.told.failures.count == 1)
        let reason = sandbox.told.failures.first
        #expect(reason?.message.contains("checksum that the store states (crc64nvme)") == true, "\(reason as Any)")
        // Of what was open nothing is given any more.
        #expect(await object.error(1000, at: 0) == EIO)
        let again = sandbox.reading.open(file)
        try expect(await self.outcomes(again), are: bytes)
        object.close()
        again.close()
        #expect(await sandbox.isEmptySoon())
    }

    /// Nothing that was found wrong is kept on a disk.
    @Test func aCacheForgetsWhatIsWrong() async throws {
        let folder = try TemporaryFolder()
        let disk = try DiskCache(
            .init(folder: RawPath(folder.path("cache")), limits: CacheLimits(), threads: ReadingSandbox.threads))
        let cache = MountCache(disk, place: "here", reader: CacheReader("me"))
        let sandbox = sandbox(cache: cache, behaviour: { number, _ in number == 2 ? .corrupt : .usual })
        let (file, bytes) = sandbox.make("a", size)
        let object = sandbox.reading.open(file)
        #expect(await outcomes(object).last?.map(\.count) == .failure(.inputOutput))
        object.close()
        await disk.flush()
        for isKept in [false, true] {
            let before = sandbox.store.delivered
            let again = sandbox.reading.open(file)
            try expect(await outcomes(again), are: bytes)
            again.close()
            await disk.flush()
            #expect((sandbox.store.delivered == before) == isKept)
        }
    }

    /// Nobody waits for what cannot be known: a store that states nothing, or may not be asked.
    @Test(arguments: ["nothing", "another", "denied"]) func whatCannotBeCompared(why: String) async throws {
        let statement: FakeStore.Statement =
            switch why {
            case "another": .of(.sha256)
            case "denied": .fail
            default: .none
            }
        let sandbox = sandbox(statement, behaviour: { number, _ in number == 1 ? .corrupt : .usual })
        let object = sandbox.reading.open(sandbox.make("a", size).0)
        let outcomes = await outcomes(object)
        #expect(try outcomes.reduce(0) { $0 + (try $1.get().count) } == size)
        #expect(sandbox.store.stats == 1 && sandbox.told.failures.isEmpty)
        object.close()
    }

    /// A store that does not say what it states is waited for as it is for bytes, and no longer.
    @Test func aStoreThatDoesNotAnswer() async throws {
        let sandbox = sandbox(.hang, change: { $0.timeout = TimeSpan(milliseconds: 20_000) })
        let (file, bytes) = sandbox.make("a", size)
        let object = sandbox.reading.open(file)
        try expect(await outcomes(object), are: bytes)
        object.close()
    }

    /// Who wants the beginning and then the end, as of archives, gets them; no store is asked for more.
    @Test func beginningAndEnd() async throws {
        let sandbox = sandbox()
        let (file, bytes) = sandbox.make("a", size)
        let object = sandbox.reading.open(file)
        #expect(try await object.bytes(4096, at: 0)[...] == bytes[..<4096])
        #expect(try await object.bytes(4096, at: size - 4096)[...] == bytes[(size - 4096)...])
        #expect(sandbox.store.stats == 0)
        object.close()
    }

    /// Whoever else has wanted the end before, who reads it all hears of what is wrong.
    @Test func theEndWasReadBefore() async throws {
        let sandbox = sandbox(behaviour: { number, _ in number == 1 ? .corrupt : .usual })
        let (file, bytes) = sandbox.make("a", size)
        let first = sandbox.reading.open(file)
        #expect(try await first.bytes(4096, at: 0).count == 4096)
        #expect(try await first.bytes(4096, at: size - 4096)[...] == bytes[(size - 4096)...])
        let second = sandbox.reading.open(file)
        _ = await outcomes(second)
        #expect(await soon { sandbox.told.failures.count == 1 && sandbox.told.changed == ["a"] })
        #expect(await second.error(1000, at: 0) == EIO)
        for object in [first, second] { object.close() }
    }

    /// The kernel asks for what comes next before what was asked for first may have reached us.
    @Test func theBeginningComesSecond() async throws {
        let sandbox = sandbox(latency: 20, behaviour: { number, _ in number == 2 ? .corrupt : .usual })
        let object = sandbox.reading.open(sandbox.make("a", size).0)
        let second = object.begin(step, at: step)
        let first = object.begin(step, at: 0)
        _ = (await first.outcome, await second.outcome)
        var outcomes: [ReadRequest.Outcome] = []
        for offset in stride(from: 2 * step, to: size, by: step) {
            outcomes.append(await object.begin(step, at: offset).outcome)
        }
        #expect(outcomes.last?.map(\.count) == .failure(.inputOutput))
        object.close()
    }

    @Test func whereNothingIsToBeCompared() async throws {
        let sandbox = sandbox(change: { $0.checksums = [] })
        let (file, bytes) = sandbox.make("a", size)
        let object = sandbox.reading.open(file)
        try expect(await outcomes(object), are: bytes)
        #expect(sandbox.store.stats == 0)
        object.close()
    }

    /// What is not to be had keeps nobody waiting who has his own bytes.
    @Test(arguments: 1...4) func aPieceThatDoesNotCome(request: Int) async throws {
        let sandbox = sandbox(behaviour: { number, _ in
            number == request ? .breakOff(0, StoreError(.denied, "denied")) : .usual
        })
        let object = sandbox.reading.open(sandbox.make("a", size).0)
        let outcomes = await outcomes(object, atOnce: true)
        #expect(outcomes.contains { $0.map(\.count) == .failure(SystemError(code: EACCES)) })
        object.close()
        #expect(await sandbox.isEmptySoon())
    }

    // MARK: Putting together

    /// In whatever pieces and order, some of them twice.
    @Test(arguments: 0..<50) func anyPieces(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let bytes = Content.bytes(Int.random(in: 1...5000, using: &generator), seed: UInt64(seed))
        let algorithms = [Checksum.Algorithm.crc64nvme, .crc32c, .crc32]
        let cuts = Set(
            (0..<Int.random(in: 0..<20, using: &generator)).map { _ in
                Int.random(in: 0...bytes.count, using: &generator)
            }
        ).union([0, bytes.count]).sorted()
        var pieces = zip(cuts, cuts.dropFirst()).map { $0..<$1 }.shuffled(using: &generator)
        pieces += pieces.prefix(3)
        let isWrong = seed % 3 == 0
        var check = WholeCheck(algorithms, size: bytes.count)
        #expect(check.gaps == [0..<bytes.count])
        for (index, piece) in pieces.enumerated() {
            var part = Array(bytes[piece])
            if isWrong, index == 0 { part[0] ^= 1 }
            check.begin()
            check.add(piece, try algorithms.map { try Checksum($0, of: part) })
        }
        #expect(check.gaps == [] && check.summing == 0)
        #expect(check.mustAsk() && !check.mustAsk())
        guard case .open = check.outcome else { return #expect(Bool(false), "nothing was answered") }
        let stated = algorithms.randomElement(using: &generator)!
        check.noteAnswer(try Checksum(stated, of: bytes))
        switch check.outcome {
        case .right: #expect(!isWrong)
        case .wrong(let algorithm): #expect(isWrong && algorithm == stated)
        case .open: #expect(Bool(false))
        }
    }
}
