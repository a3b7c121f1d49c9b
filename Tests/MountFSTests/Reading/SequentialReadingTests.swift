import MountFS
import ObjectStore
import Platform
import Testing

/// Files that are read from one end to the other.
struct SequentialReadingTests {
    private let size = 40 << 20

    /// Reads all of it and compares.
    private func readAll(_ object: OpenObject, _ bytes: [UInt8], by count: Int) async throws {
        var offset = 0
        while offset < bytes.count {
            let found = try await object.bytes(count, at: offset)
            try #require(found[...] == bytes[offset..<min(bytes.count, offset + count)], "at \(offset)")
            offset += count
        }
    }

    @Test(arguments: [128 << 10, 1 << 20, 100_000])
    func everyByteIsFetchedOnce(by count: Int) async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 2))
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        try await readAll(object, bytes, by: count)
        #expect(sandbox.store.delivered == size)
        #expect(sandbox.store.overlaps == 0)
        #expect(sandbox.store.mostActive > 4)
        #expect(sandbox.store.requests.allSatisfy { $0.version == file.version })
        object.close()
        #expect(await sandbox.isEmptySoon())
    }

    @Test func theFirstRequestIsSmallAndTheOthersGrow() async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 50), memory: 256 << 20) { $0.largestWindow = 64 << 20 }
        let (file, bytes) = sandbox.make("large", 100 << 20)
        let object = sandbox.reading.open(file)
        _ = try await object.bytes(4096, at: 0)
        #expect(sandbox.store.requests.map(\.range) == [0..<1 << 20])
        try await readAll(object, bytes, by: 1 << 20)
        #expect(sandbox.store.requests.map(\.range.count).max() == 4 << 20)
        #expect(sandbox.store.requests.count < 100)
        #expect(sandbox.store.delivered == bytes.count)
        object.close()
        #expect(await sandbox.isEmptySoon())
    }

    @Test func aReaderDoesNotWaitForTheRestOfAPart() async throws {
        let sandbox = ReadingSandbox(FakeStore(piece: 64 << 10) { _, _ in .stall(256 << 10) })
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        #expect(try await object.bytes(4096, at: 0)[...] == bytes[..<4096])
        #expect(sandbox.store.requests.map(\.range) == [0..<1 << 20])
        #expect(try await object.bytes(200_000, at: 50_000)[...] == bytes[50_000..<250_000])
        let late = object.begin(100, at: 300_000)
        #expect(!late.isAnswered)
        object.close()
        #expect(await sandbox.isEmptySoon())
        #expect(await late.outcome == .failure(SystemError(code: 5)))
    }

    @Test func readsOutOfOrderAreStillInOrder() async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 1))
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        let step = 256 << 10
        for group in stride(from: 0, to: size, by: 8 * step) {
            let offsets = [1, 0, 3, 2, 7, 5, 6, 4].map { group + $0 * step }
            let reads = offsets.map { ($0, object.begin(step, at: $0)) }
            for (offset, read) in reads {
                try #require(try await read.outcome.get()[...] == bytes[offset..<offset + step])
            }
        }
        #expect(sandbox.store.delivered == size)
        #expect(sandbox.store.requests.count < 80)
        object.close()
        #expect(await sandbox.isEmptySoon())
    }

    @Test func severalStreamsInOneFile() async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 1))
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        let step = 256 << 10
        let share = size / 4
        for offset in stride(from: 0, to: share, by: step) {
            for stream in 0..<4 {
                let place = stream * share + offset
                try #require(try await object.bytes(step, at: place)[...] == bytes[place..<place + step])
            }
        }
        // Where one ends the next has begun, so nothing is fetched twice for long.
        #expect(sandbox.store.delivered < size + size / 2)
        #expect(sandbox.store.requests.count < 160)
        object.close()
        #expect(await sandbox.isEmptySoon())
    }

    @Test(arguments: [1 << 20, 4 << 20, 16 << 20])
    func littleMemoryIsEnough(_ memory: Int) async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 1), memory: memory)
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        try await readAll(object, bytes, by: 256 << 10)
        #expect(sandbox.memory.peak <= memory)
        #expect(sandbox.store.delivered == size)
        object.close()
        #expect(await sandbox.isEmptySoon())
    }

    @Test func whoTurnsAwayGivesBackWhatWasFetchedAhead() async throws {
        let sandbox = ReadingSandbox()
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        for offset in stride(from: 0, to: 4 << 20, by: 256 << 10) { _ = try await object.bytes(256 << 10, at: offset) }
        #expect(await soon { sandbox.store.active == 0 })
        #expect(sandbox.memory.used > 4 << 20)
        for index in 0..<40 { _ = try await object.bytes(100, at: (39 << 20) - index * 300_000) }
        #expect(await soon { sandbox.memory.used < 1 << 20 })
        _ = bytes
        object.close()
        #expect(await sandbox.isEmptySoon())
    }
}
