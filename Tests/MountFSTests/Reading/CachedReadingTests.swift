import Cache
import Foundation
import MountFS
import ObjectStore
import Platform
import TestSupport
import Testing

/// Reads through a cache on disk.
struct CachedReadingTests {
    private let size = 9_000_001
    private let folder: TemporaryFolder
    private let disk: DiskCache

    init() throws {
        folder = try TemporaryFolder()
        disk = try DiskCache(
            .init(folder: RawPath(folder.path("cache")), limits: CacheLimits(), threads: ReadingSandbox.threads))
    }

    private func sandbox(
        _ store: FakeStore = FakeStore(), as reader: String = "me", neighbours: (any Neighbours)? = nil,
        _ change: (inout ReadingSettings) -> Void = { _ in }
    ) -> ReadingSandbox {
        ReadingSandbox(
            store, neighbours: neighbours, cache: MountCache(disk, place: "here", reader: CacheReader(reader)), change)
    }

    private func readInOrder(_ file: FileVersion, _ bytes: [UInt8], _ sandbox: ReadingSandbox) async throws {
        let object = sandbox.reading.open(file)
        for offset in stride(from: 0, to: bytes.count, by: 1 << 20) {
            let end = min(offset + 1 << 20, bytes.count)
            try #require(try await object.bytes(1 << 20, at: offset)[...] == bytes[offset..<end])
        }
        object.close()
        await disk.flush()
    }

    /// As a mount opens it.
    private func opened(_ file: FileVersion, _ sandbox: ReadingSandbox) async -> OpenObject {
        await withCheckedContinuation { continuation in
            sandbox.reading.prepare(file) { continuation.resume() }
        }
        return sandbox.reading.open(file)
    }

    /// The files that bytes are in.
    private var data: [String] {
        let all = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return all.filter { $0.hasSuffix(".data") }.map(folder.path)
    }

    @Test func whatWasReadIsReadWithoutTheStore() async throws {
        let first = sandbox()
        let (file, bytes) = first.make("large", size)
        try await readInOrder(file, bytes, first)
        let again = sandbox(first.store)
        let requests = first.store.requests.count
        try await readInOrder(file, bytes, again)
        let object = await opened(file, again)
        for offset in [1, 4095, 4_000_000, size - 10] {
            let end = min(offset + 100_000, size)
            #expect(try await object.bytes(100_000, at: offset)[...] == bytes[offset..<end])
        }
        #expect(first.store.requests.count == requests)
        // The store has another version; who has this one open reads on.
        first.store.set("large", [1, 2, 3])
        #expect(try await object.bytes(100_000, at: 5_000_000)[...] == bytes[5_000_000..<5_100_000])
        #expect(first.store.requests.count == requests && again.told.changed.isEmpty)
        object.close()
        #expect(await again.isEmptySoon())
    }

    @Test func whatIsAtHandIsAnsweredAtOnce() async throws {
        let sandbox = sandbox()
        let (file, bytes) = sandbox.make("large", size)
        try await readInOrder(file, bytes, sandbox)
        let object = await opened(file, sandbox)
        for offset in stride(from: 0, to: size, by: 128 << 10) {
            let read = object.begin(128 << 10, at: offset)
            #expect(read.isAnswered)
            #expect(try await read.outcome.get()[...] == bytes[offset..<min(offset + 128 << 10, size)])
        }
        #expect(sandbox.memory.used == 0)
    }

    /// Where the cache ends, the store goes on, ahead of the reader as always.
    @Test func theRestIsFetched() async throws {
        let sandbox = sandbox()
        let (file, bytes) = sandbox.make("large", size)
        for offset in [0, 1 << 20, 3 << 20] {
            let object = sandbox.reading.open(file)
            _ = try await object.bytes(1 << 20, at: offset)
            await disk.flush()
            object.close()
        }
        let before = sandbox.store.delivered
        try await readInOrder(file, bytes, sandbox)
        // The first read of a large file may have fetched more than it was asked for.
        #expect(sandbox.store.delivered - before <= size - 3 << 20 + 4096)
        #expect(sandbox.store.requests.allSatisfy { !$0.range.isEmpty })
        let requests = sandbox.store.requests.count
        try await readInOrder(file, bytes, sandbox)
        #expect(sandbox.store.requests.count == requests)
    }

    /// Of which version a file is then is known from the first answer of the store.
    @Test func withoutVersions() async throws {
        let sandbox = sandbox()
        var (file, bytes) = sandbox.make("large", size)
        file.version = nil
        for seed in [1, 2, 2] as [UInt64] {
            if seed == 2 { (_, bytes) = sandbox.make("large", size, seed: 2) }
            let requests = sandbox.store.requests.count
            try await readInOrder(file, bytes, sandbox)
            #expect(sandbox.store.requests.count > requests)
        }
    }

    // MARK: Who may read

    @Test func othersAskOnce() async throws {
        let first = sandbox()
        let (file, bytes) = first.make("large", size)
        try await readInOrder(file, bytes, first)
        let requests = first.store.requests.count
        for _ in 0..<2 {
            let other = sandbox(first.store, as: "somebody else")
            try await readInOrder(file, bytes, other)
        }
        #expect(first.store.requests.dropFirst(requests).map(\.range) == [0..<1])
        #expect(first.store.requests.last?.version == file.version)
    }

    @Test func whoMayNotReadReadsNothing() async throws {
        let mine = sandbox()
        let (file, bytes) = mine.make("large", size)
        try await readInOrder(file, bytes, mine)
        let denying = FakeStore { _, _ in .fail(StoreError(.denied, "no")) }
        denying.set("large", bytes)
        let other = sandbox(denying, as: "somebody else")
        let object = await opened(file, other)
        for offset in [0, 1 << 20, 5_000_000] { #expect(await object.error(4096, at: offset) == EACCES) }
        #expect(denying.delivered == 0 && other.told.failures.count == 3)
        // Nothing of that is remembered for the one who may.
        try await readInOrder(file, bytes, mine)
    }

    /// The version is gone before this reader was let in: as from the store.
    @Test func whoComesTooLate() async throws {
        let first = sandbox()
        let (file, bytes) = first.make("large", size)
        try await readInOrder(file, bytes, first)
        first.store.set("large", bytes)
        let other = sandbox(first.store, as: "somebody else")
        #expect(await other.reading.open(file).error(4096, at: 0) == ESTALE)
        #expect(other.told.changed == ["large"])
    }

    @Test func askingWaitsForTheStore() async throws {
        let first = sandbox()
        let (file, bytes) = first.make("large", size)
        try await readInOrder(file, bytes, first)
        let away = FakeStore { number, _ in number < 5 ? .fail(StoreError(.unreachable, "away")) : .usual }
        away.set("large", bytes)
        let other = sandbox(away, as: "somebody else")
        try await readInOrder(file, bytes, other)
        #expect(away.requests.count == 5)
    }

    // MARK: Faults

    @Test func damageIsFetchedAgain() async throws {
        let sandbox = sandbox()
        let (file, bytes) = sandbox.make("large", size)
        try await readInOrder(file, bytes, sandbox)
        let data = try #require(data.first)
        for isAtHand in [true, false] {
            let damaged = try OwnedDescriptor.open(RawPath(data), FileFlags.change)
            for offset in stride(from: 1000, to: size, by: 777_777) {
                try damaged.write([bytes[offset] ^ 1], at: offset)
            }
            let before = sandbox.store.delivered
            if isAtHand { await opened(file, sandbox).close() }
            try await readInOrder(file, bytes, sandbox)
            #expect(sandbox.store.delivered > before)
            let requests = sandbox.store.requests.count
            try await readInOrder(file, bytes, sandbox)
            #expect(sandbox.store.requests.count == requests)
        }
    }

    @Test func aFolderThatGoesWhileItIsReadFrom() async throws {
        let sandbox = sandbox()
        let (file, bytes) = sandbox.make("large", size)
        for round in 0..<6 {
            let object = await opened(file, sandbox)
            for offset in stride(from: 0, to: size, by: 1 << 20) {
                if offset == round << 20 { Files.removeTree(folder.path("cache")) }
                if offset == 6 << 20 { disk.rest() }
                let end = min(offset + 1 << 20, size)
                try #require(try await object.bytes(1 << 20, at: offset)[...] == bytes[offset..<end])
            }
            object.close()
            await disk.flush()
        }
        #expect(sandbox.told.failures.isEmpty)
    }

    /// Memory that waits to be written is the reader's when he needs it.
    @Test func memoryComesBack() async throws {
        let sandbox = ReadingSandbox(
            memory: 1 << 20, cache: MountCache(disk, place: "here", reader: CacheReader("me")))
        let (file, bytes) = sandbox.make("large", size)
        try await readInOrder(file, bytes, sandbox)
        #expect(await sandbox.isEmptySoon())
        #expect(sandbox.memory.peak <= 1 << 20)
    }

    @Test func smallFilesOfAFolder() async throws {
        let store = FakeStore(latency: 1)
        let files = (0..<50).map { number -> FileVersion in
            let key = ObjectKey("f/\(100 + number)")
            return FileVersion(key: key, size: 3000, version: store.set(key, Content.bytes(3000, seed: UInt64(number))))
        }
        for round in 0..<2 {
            let requests = store.requests.count
            let sandbox = sandbox(store, neighbours: ListedFiles(files))
            for (number, file) in files.enumerated() {
                let object = await opened(file, sandbox)
                #expect(try await object.bytes(4096, at: 0) == Content.bytes(3000, seed: UInt64(number)))
                object.close()
            }
            await disk.flush()
            #expect(store.requests.count - requests == (round == 0 ? 50 : 0))
        }
    }
}
