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
