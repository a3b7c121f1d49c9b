import MountFS
import ObjectStore
import Platform
import Testing

/// Reads that jump fetch what they ask for and nothing else.
struct RandomReadingTests {
    private let size = 32 << 20

    @Test func nothingIsFetchedBeyondWhatWasAskedFor() async throws {
        let sandbox = ReadingSandbox()
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        var asked: [Range<Int>] = []
        for index in 1..<100 {
            let offset = index * 7_654_321 % (size - 200_000) / 4096 * 4096
            asked.append(offset..<offset + 128 << 10)
            #expect(try await object.bytes(128 << 10, at: offset)[...] == bytes[offset..<offset + 128 << 10])
        }
        #expect(sandbox.store.requests.map(\.range) == asked)
        #expect(await soon { sandbox.memory.used == 0 })
    }

    @Test(arguments: [-1, 2, 3])
    func nothingIsFetchedAheadOfStridesOrBackwards(_ direction: Int) async throws {
        let sandbox = ReadingSandbox()
        let (file, _) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        let step = 128 << 10
        for index in 1..<50 {
            _ = try await object.bytes(step, at: direction > 0 ? index * step * direction : size - index * step)
        }
        #expect(sandbox.store.requests.count == 49)
        #expect(sandbox.store.delivered == 49 * step)
    }

    @Test func readsAtOnceAreRequestsAtOnce() async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 100))
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        let offsets = (1..<20).map { $0 * 1_500_000 }
        let reads = offsets.map { object.begin(4096, at: $0) }
        for (offset, read) in zip(offsets, reads) {
            #expect(try await read.outcome.get()[...] == bytes[offset..<offset + 4096])
        }
        #expect(sandbox.store.mostActive == 19)
    }

    @Test func aStalledRequestKeepsNobodyElse() async throws {
        let sandbox = ReadingSandbox(FakeStore { number, _ in number == 1 ? .stall(0) : .usual })
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        let stalled = object.begin(4096, at: 10 << 20)
        for index in 1..<10 {
            #expect(try await object.bytes(10, at: index * 1000)[...] == bytes[index * 1000..<index * 1000 + 10])
        }
        #expect(!stalled.isAnswered)
        object.close()
        #expect(await stalled.outcome == .failure(SystemError(code: 5)))
        #expect(await sandbox.isEmptySoon())
    }

    @Test func theEndOfTheFile() async throws {
        let sandbox = ReadingSandbox()
        let (file, bytes) = sandbox.make("large", 3_000_001)
        let object = sandbox.reading.open(file)
        #expect(try await object.bytes(100, at: 3_000_000)[...] == bytes[3_000_000...])
        #expect(try await object.bytes(100, at: 3_000_001).isEmpty)
        #expect(try await object.bytes(100, at: .max).isEmpty)
        let (empty, _) = sandbox.make("empty", 0)
        #expect(try await sandbox.reading.open(empty).bytes(100, at: 0).isEmpty)
    }

    /// Each of a thousand costs what was read of it, and nothing when it has been answered.
    @Test func manyOpenFilesCostLittle() async throws {
        let sandbox = ReadingSandbox(memory: 8 << 20)
        // All have the same bytes in memory.
        let bytes = sandbox.make("file", 3 << 20).1
        let objects = (0..<1000).map { number in
            let key = ObjectKey("file \(number)")
            let version = sandbox.store.set(key, bytes)
            return sandbox.reading.open(FileVersion(key: key, size: bytes.count, version: version))
        }
        let reads = objects.map { $0.begin(4096, at: 2 << 20) }
        for read in reads { _ = try await read.outcome.get() }
        #expect(sandbox.store.delivered == 4096 * 1000)
        #expect(await soon { sandbox.memory.used == 0 })
        #expect(sandbox.memory.peak <= 8 << 20)
        withExtendedLifetime(objects) {}
    }
}
