import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing

@testable import MountFS

/// How far ahead is fetched where memory is short: who finds none asks for less, and leaves more to others.
struct ShortMemoryTests {
    private static let step = 256 << 10

    /// Also when there is enough again; from then on it becomes more with what goes well.
    @Test(arguments: [false, true]) func whoFindsNoneGoesHalfAsFarForAWhile(wasShort: Bool) async throws {
        let sandbox = ReadingSandbox()
        let (file, bytes) = sandbox.make("large", 40 << 20)
        let object = sandbox.reading.open(file)
        func read(_ range: Range<Int>) async throws {
            for offset in stride(from: range.lowerBound, to: range.upperBound, by: Self.step) {
                let found = try await object.bytes(Self.step, at: offset)
                try #require(found[...] == bytes[offset..<offset + Self.step], "at \(offset)")
            }
        }
        try await read(0..<4 << 20)
        let rest = sandbox.memory.total - sandbox.memory.used
        if wasShort { await sandbox.memory.take(rest) }
        // All of this has been fetched ahead.
        try await read(4 << 20..<8 << 20)
        if wasShort { sandbox.memory.giveBack(rest) }
        let again = 8 << 20
        try await read(again..<again + Self.step)
        // What is fetched ahead has its memory from the moment at which that is decided.
        let ahead = sandbox.memory.used
        #expect((ahead < 20 << 20) == wasShort, "\(ahead)")
        try await read(again + Self.step..<file.size)
        #expect(sandbox.store.delivered == file.size)
        object.close()
        #expect(await sandbox.isEmptySoon())
    }

    /// Those who came first may have all that they want; most have learned to want less.
    @Test func manyWhoShareLittleWantLessThanThoseWhoHavePlenty() async throws {
        let (little, much) = (try await windows(memory: 8 << 20), try await windows(memory: 1 << 30))
        #expect(much.allSatisfy { $0 == 8 << 20 }, "\(much)")
        #expect(little.count { $0 <= 4 << 20 } > little.count / 2, "\(little)")
    }

    /// How far ahead each of eight readers would go when all have read 2 MiB of files of their own, in turns. How much
    /// memory there is limits that by itself; left out here, so that what remains is what each has learned.
    private func windows(memory: Int) async throws -> [Int] {
        let store = FakeStore()
        var settings = ReadingSettings()
        settings.patience = TimeSpan(milliseconds: 600_000)
        let core = ReadingCore(StoreOrigin(store: store, checksums: []), MemoryBudget(memory), settings, nil)
        defer { core.close() }
        // All have the same bytes in memory.
        let bytes = Content.bytes(16 << 20, seed: 1)
        let readers = (0..<8).map { number -> (file: SharedFile, reader: Reader) in
            let key = ObjectKey("\(number)")
            let file = core.open(FileVersion(key: key, size: bytes.count, version: store.set(key, bytes)))
            let reader = Reader()
            file.add(reader)
            return (file, reader)
        }
        for offset in stride(from: 0, to: 2 << 20, by: Self.step) {
            for (file, reader) in readers {
                let request = ReadRequest()
                file.read(offset..<offset + Self.step, by: reader, request.reply)
                try #require(try await request.outcome.get()[...] == bytes[offset..<offset + Self.step])
            }
        }
        return readers.map { file, reader in
            file.state.withLock { _ in
                guard let run = reader.runs.runs.first else { return 0 }
                return Lookahead(for: run, most: settings.largestWindow, settings).window
            }
        }
    }
}
