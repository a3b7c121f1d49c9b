import MountFS
import ObjectStore
import Platform
import Testing

/// Several who read one file.
struct SharingTests {
    private let size = 20 << 20

    @Test func theSameBytesAreOneRequest() async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 30))
        let (file, bytes) = sandbox.make("large", size)
        let objects = (0..<8).map { _ in sandbox.reading.open(file) }
        let reads = objects.map { $0.begin(100_000, at: 5_000_000) } + objects.map { $0.begin(10, at: 5_050_000) }
        for read in reads[..<8] { #expect(try await read.outcome.get()[...] == bytes[5_000_000..<5_100_000]) }
        for read in reads[8...] { #expect(try await read.outcome.get()[...] == bytes[5_050_000..<5_050_010]) }
        #expect(sandbox.store.requests.map(\.range) == [5_000_000..<5_100_000])
    }

    @Test func readersSideBySideAreOneTransfer() async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 1))
        let (file, bytes) = sandbox.make("large", size)
        let objects = (0..<3).map { _ in sandbox.reading.open(file) }
        let step = 256 << 10
        for offset in stride(from: 0, to: size, by: step) {
            for (index, object) in objects.enumerated() where offset >= index * step {
                let place = offset - index * step
                try #require(try await object.bytes(step, at: place)[...] == bytes[place..<place + step])
            }
        }
        #expect(sandbox.store.delivered == size)
        for object in objects { object.close() }
        #expect(await sandbox.isEmptySoon())
    }

    /// What somebody far behind may want is kept for him as long as half of the memory is free.
    @Test(arguments: [(256 << 20, true), (16 << 20, false)])
    func oneWhoIsFarBehind(memory: Int, isKept: Bool) async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 1), memory: memory)
        let (file, bytes) = sandbox.make("large", size)
        let (first, second) = (sandbox.reading.open(file), sandbox.reading.open(file))
        func read(_ object: OpenObject, _ range: Range<Int>) async throws {
            for place in stride(from: range.lowerBound, to: range.upperBound, by: 256 << 10) {
                try #require(try await object.bytes(256 << 10, at: place)[...] == bytes[place..<place + (256 << 10)])
            }
        }
        try await read(first, 0..<1 << 20)
        try await read(second, 0..<size)
        try await read(first, 1 << 20..<size)
        // But for what both have passed.
        #expect((sandbox.store.delivered == size + (1 << 20)) == isKept, "\(sandbox.store.delivered)")
        for object in [first, second] { object.close() }
        #expect(await sandbox.isEmptySoon())
    }

    @Test func oneWhoClosesTakesNothingFromTheOthers() async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 30))
        let (file, bytes) = sandbox.make("large", size)
        let (first, second) = (sandbox.reading.open(file), sandbox.reading.open(file))
        _ = first.begin(4096, at: 0)
        let read = second.begin(4096, at: 4096)
        first.close()
        #expect(try await read.outcome.get()[...] == bytes[4096..<8192])
        #expect(sandbox.store.requests.count == 1)
        second.close()
        #expect(await sandbox.isEmptySoon())
    }

    @Test func closingEndsWhatIsUnderWay() async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 100_000))
        let (file, _) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        let reads = (0..<5).map { object.begin(1 << 20, at: $0 << 20) }
        #expect(await soon { sandbox.store.active > 4 })
        object.close()
        object.close()
        for read in reads { #expect(await read.outcome == .failure(SystemError(code: 5))) }
        #expect(await sandbox.isEmptySoon())
    }

    @Test func closingAllEndsEveryFile() async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 100_000), memory: 100_000)
        let objects = (0..<10).map { sandbox.reading.open(sandbox.make(ObjectKey("\($0)"), size).0) }
        // Some wait for the store, some for memory.
        let reads = objects.map { $0.begin(60_000, at: 5_000_000) }
        #expect(await soon { sandbox.store.active > 0 && sandbox.memory.waiting > 0 })
        sandbox.reading.close()
        for read in reads { #expect(await read.outcome == .failure(SystemError(code: 5))) }
        #expect(await objects[0].error(1, at: 0) == 5)
        #expect(await sandbox.isEmptySoon())
    }
}
