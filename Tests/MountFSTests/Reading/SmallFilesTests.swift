import MountFS
import ObjectStore
import Platform
import Testing

/// Small files, and those that follow each other in a folder.
struct SmallFilesTests {
    private static func name(_ number: Int) -> ObjectKey { ObjectKey("folder/\(1000 + number)") }

    /// A folder of files, each with its number all over.
    private func folder(
        of count: Int, size: Int = 16 << 10, _ store: FakeStore = FakeStore(), memory: Int = 64 << 20,
        _ change: (inout ReadingSettings) -> Void = { _ in }
    ) -> (ReadingSandbox, [FileVersion]) {
        let files = (0..<count).map { number in
            let version = store.set(Self.name(number), [UInt8](repeating: UInt8(number % 251), count: size))
            return FileVersion(key: Self.name(number), size: size, version: version)
        }
        return (ReadingSandbox(store, memory: memory, neighbours: ListedFiles(files), change), files)
    }

    private func read(_ sandbox: ReadingSandbox, _ file: FileVersion, _ number: Int) async throws {
        let object = sandbox.reading.open(file)
        let bytes = try await object.bytes(128 << 10, at: 0)
        try #require(bytes.count == file.size && bytes.allSatisfy { $0 == UInt8(number % 251) })
        object.close()
    }

    @Test func aSmallFileIsFetchedWhole() async throws {
        let sandbox = ReadingSandbox()
        let (file, bytes) = sandbox.make("small", 500_000)
        let object = sandbox.reading.open(file)
        #expect(try await object.bytes(100, at: 400_000)[...] == bytes[400_000..<400_100])
        #expect(try await object.bytes(100, at: 7)[...] == bytes[7..<107])
        #expect(try await object.bytes(500_000, at: 0) == bytes)
        #expect(sandbox.store.requests.map(\.range) == [0..<500_000])
        // All of it has been read.
        #expect(await soon { sandbox.memory.used == 0 })
    }

    @Test(arguments: [1 << 20, 1 << 20 + 1]) func smallIsUpToAMebibyte(size: Int) async throws {
        let sandbox = ReadingSandbox()
        let (file, bytes) = sandbox.make("file", size)
        let object = sandbox.reading.open(file)
        #expect(try await object.bytes(100, at: 500_000)[...] == bytes[500_000..<500_100])
        #expect(sandbox.store.requests.map(\.range) == [size > 1 << 20 ? 500_000..<500_100 : 0..<size])
        object.close()
    }

    /// So many, or what goes into a quarter of the memory.
    @Test(arguments: [(64 << 20, 128), (4 << 20, 64)]) func howManyAreFetchedAhead(memory: Int, most: Int) async throws
    {
        let (sandbox, files) = folder(of: 400, memory: memory)
        for number in 0..<12 { try await read(sandbox, files[number], number) }
        #expect(await soon { sandbox.store.active == 0 })
        let ahead = sandbox.store.requests.count - 12
        // They are filled up a few at once.
        #expect(ahead <= most && ahead >= most / 2, "\(ahead)")
        sandbox.reading.close()
        #expect(await sandbox.isEmptySoon())
    }

    @Test func filesInOrderAreFetchedAhead() async throws {
        let store = FakeStore(latency: 20)
        let (sandbox, files) = folder(of: 300, store)
        for (number, file) in files.enumerated() { try await read(sandbox, file, number) }
        #expect(store.requests.count == 300)
        #expect(store.delivered == 300 * 16 << 10)
        #expect(store.mostActive > 30)
        sandbox.reading.close()
        #expect(await sandbox.isEmptySoon())
    }

    @Test func severalWhoShareTheWork() async throws {
        let store = FakeStore(latency: 20)
        let (sandbox, files) = folder(of: 200, store)
        for group in stride(from: 0, to: 200, by: 4) {
            let order = [2, 0, 1, 3].map { group + $0 }
            try await withThrowingTaskGroup { tasks in
                for number in order { tasks.addTask { try await read(sandbox, files[number], number) } }
                try await tasks.waitForAll()
            }
        }
        // Of the first four some may have been read and closed before others show the order, and are asked for once more then.
        #expect((200...203).contains(store.requests.count))
        #expect(store.mostActive > 20)
        sandbox.reading.close()
        #expect(await sandbox.isEmptySoon())
    }

    @Test func filesOutOfOrderAreNotFetchedAhead() async throws {
        let store = FakeStore()
        let (sandbox, files) = folder(of: 200, store)
        for index in 0..<50 {
            let number = index * 77 % 200
            try await read(sandbox, files[number], number)
        }
        #expect(store.requests.count == 50)
    }

    @Test func unusedOnesGo() async throws {
        let (sandbox, files) = folder(of: 300) { $0.patience = TimeSpan(milliseconds: 1000) }
        for number in 0..<20 { try await read(sandbox, files[number], number) }
        #expect(sandbox.store.requests.count > 30)
        #expect(await sandbox.isEmptySoon())
    }

    @Test func aheadIsBoundedByMemory() async throws {
        let store = FakeStore(latency: 2)
        let (sandbox, files) = folder(of: 200, size: 100_000, store, memory: 1 << 20)
        for (number, file) in files.enumerated() { try await read(sandbox, file, number) }
        #expect(sandbox.memory.peak <= 1 << 20)
        #expect(store.mostActive > 1)
        #expect(store.delivered == 200 * 100_000)
    }

    @Test func whatFailsAheadFailsNobody() async throws {
        let store = FakeStore { number, _ in number % 5 == 4 ? .fail(StoreError(.unreachable, "away")) : .usual }
        let (sandbox, files) = folder(of: 100, store)
        for (number, file) in files.enumerated() { try await read(sandbox, file, number) }
        #expect(sandbox.told.failures.isEmpty)
    }

    @Test func littleMemoryMeansOnlyWhatIsAskedFor() async throws {
        let sandbox = ReadingSandbox(memory: 200_000)
        let (file, bytes) = sandbox.make("small", 500_000)
        let object = sandbox.reading.open(file)
        #expect(try await object.bytes(100_000, at: 0)[...] == bytes[..<100_000])
        #expect(sandbox.store.delivered == 100_000)
    }
}
