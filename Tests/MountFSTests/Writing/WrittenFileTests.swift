import Glibc
import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing

@testable import MountFS

/// A file's way into the bucket, and what those are told who wait for it.
@Suite struct WrittenFileTests {
    private final class Clock: Sendable {
        let milliseconds = Atomic(0)
    }

    private let clock = Clock()

    private func file(_ bench: WritingBench) -> WrittenFile {
        var settings = WritingSettings()
        settings.pauses = TimeSpan(milliseconds: 1)...TimeSpan(milliseconds: 5)
        settings.longPause = TimeSpan(milliseconds: 5)
        settings.now = { [clock] in clock.milliseconds.load(ordering: .relaxed) }
        return WrittenFile(
            bench.file, bench.uploader, settings, key: "a", replacing: bench.target.replacing, WrittenAttributes()
        ) { _, _ in }
    }

    private func write(_ count: Int, at offset: Int = 0, seed: UInt64 = 1, to file: WrittenFile) throws -> [UInt8] {
        let bytes = WritingBench.bytes(count, seed: seed)
        try bytes.withUnsafeBytes { try file.write($0, at: offset) }
        return bytes
    }

    private func save(_ file: WrittenFile) async -> Result<Void, SystemError> {
        await withCheckedContinuation { continuation in file.save { continuation.resume(returning: $0) } }
    }

    private func expectSaved(_ result: Result<Void, SystemError>, at location: SourceLocation = #_sourceLocation) {
        #expect(throws: Never.self, sourceLocation: location) { try result.get() }
    }

    private func expectFailure(
        _ code: Int32, _ result: Result<Void, SystemError>, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: SystemError(code: code), sourceLocation: location) { try result.get() }
    }

    @Test func whoWaitsIsToldWhenItIsThere() async throws {
        let bench = try await WritingBench(object: nil)
        let file = file(bench)
        let content = try write(10_000, to: file)
        #expect(file.isUnsaved)
        expectSaved(await save(file))
        #expect(try bench.object() == content && !file.isUnsaved && file.failure == nil)
    }

    /// Saved again while it is being saved, the last version is what is there in the end.
    @Test func savedAgainAndAgain() async throws {
        let bench = try await WritingBench(object: nil)
        let file = file(bench)
        var last: [UInt8] = []
        let results = try await withThrowingTaskGroup(of: Result<Void, SystemError>.self) { group in
            for seed in 1...20 {
                last = try write(9000, seed: UInt64(seed), to: file)
                group.addTask { await save(file) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for result in results { expectSaved(result) }
        expectSaved(await save(file))
        #expect(try bench.object() == last && bench.leftovers.isEmpty)
    }

    /// Nobody is told of a version that is not there yet, only since an earlier one is.
    @Test func eachIsToldOfItsOwn() async throws {
        let bench = try await WritingBench(object: nil)
        let file = file(bench)
        _ = try write(100, to: file)
        let second = WritingBench.bytes(100, seed: 2)
        let told = Atomic(false)
        let wasEarly = Atomic(false)
        bench.store.before { [bench] call throws(StoreError) in
            let puts = bench.store.calls.count
            if puts == 1 {
                // The first version is on its way.
                do throws(SystemError) {
                    try second.withUnsafeBytes { bytes in
                        Result { () throws(SystemError) in try file.write(bytes, at: 0) }
                    }.get()
                } catch {
                    throw StoreError(error, "a test's change")
                }
                file.save { _ in told.store(true, ordering: .relaxed) }
            } else if told.load(ordering: .relaxed) {
                wasEarly.store(true, ordering: .relaxed)
            }
        }
        expectSaved(await save(file))
        #expect(await soon { told.load(ordering: .relaxed) })
        let early = wasEarly.load(ordering: .relaxed)
        #expect(!early)
        #expect(try bench.object() == second && bench.store.calls.count == 2)
    }

    @Test func aStoreThatIsAwayIsWaitedFor() async throws {
        let bench = try await WritingBench(object: nil)
        let file = file(bench)
        let content = try write(100, to: file)
        let left = Atomic(5)
        bench.store.before { _ throws(StoreError) in
            if left.subtract(1, ordering: .relaxed).oldValue > 0 { throw StoreError(.unreachable, "away") }
        }
        expectSaved(await save(file))
        #expect(try bench.object() == content && bench.store.calls.count == 6)
    }

    /// Who waits is told after a time, and what was written still comes into the bucket when the store is back.
    @Test func aStoreThatStaysAway() async throws {
        let bench = try await WritingBench(object: nil)
        let file = file(bench)
        let content = try write(100, to: file)
        bench.store.before { [clock] _ throws(StoreError) in
            clock.milliseconds.add(100_000, ordering: .relaxed)
            throw StoreError(.unreachable, "away")
        }
        expectFailure(EIO, await save(file))
        #expect(file.failure != nil && file.isUnsaved)
        bench.store.before(nil)
        #expect(await soon { !file.isUnsaved })
        #expect(try bench.object() == content && file.failure == nil)
    }

    @Test func aPermissionThatComesBack() async throws {
        let bench = try await WritingBench(object: nil)
        let file = file(bench)
        let content = try write(100, to: file)
        bench.store.before { _ throws(StoreError) in throw StoreError(.denied, "denied") }
        expectFailure(EACCES, await save(file))
        bench.store.before(nil)
        #expect(await soon { !file.isUnsaved })
        #expect(try bench.object() == content)
    }

    /// Somebody else's object stays, and so does what was written here.
    @Test func somebodyElseHasWritten() async throws {
        let bench = try await WritingBench(object: [1])
        let file = file(bench)
        _ = try write(100, to: file)
        _ = try await bench.store.put("a", .bytes([42]), PutOptions())
        expectFailure(ESTALE, await save(file))
        #expect(try bench.object() == [42] && file.isUnsaved)
        // Nor is it written over by the next.
        expectFailure(ESTALE, await save(file))
        #expect(try bench.object() == [42])
    }

    /// Most of a large file is there when it is closed, and nothing is sent twice, also not what is still on its way.
    @Test func partsGoAhead() async throws {
        let bench = try await WritingBench(object: nil)
        let file = file(bench)
        var content: [UInt8] = []
        for part in 0..<20 { content += try write(4096, at: part * 4096, seed: UInt64(part), to: file) }
        content += try write(10, at: content.count, to: file)
        expectSaved(await save(file))
        #expect(try bench.object() == content && bench.store.sent == content.count)
    }

    /// What was sent ahead and has changed is sent again, in whatever order that comes.
    @Test(arguments: 0..<20) func partsThatChange(seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let bench = try await WritingBench(object: nil)
        let file = file(bench)
        var content: [UInt8] = []
        for step in 0..<60 {
            let isInOrder = Int.random(in: 0..<4, using: &generator) > 0
            let offset = isInOrder ? content.count : Int.random(in: 0...content.count, using: &generator)
            let bytes = try write(Int.random(in: 1...4000, using: &generator), at: offset, seed: UInt64(step), to: file)
            content.replaceSubrange(offset..<min(content.count, offset + bytes.count), with: bytes)
            if Int.random(in: 0..<10, using: &generator) == 0 { await Task.yield() }
        }
        expectSaved(await save(file))
        #expect(try bench.object() == content && bench.leftovers.isEmpty)
    }

    @Test func goesWhereItWasRenamedTo() async throws {
        let bench = try await WritingBench(object: nil)
        let file = file(bench)
        _ = try write(30_000, to: file)
        try file.move(to: "b", replacing: nil)
        expectSaved(await save(file))
        #expect(try bench.object() == nil && bench.leftovers == ["b"])
    }

    @Test func whatWasDeletedNeedNotBeSaved() async throws {
        let bench = try await WritingBench(object: nil)
        let file = file(bench)
        _ = try write(100, to: file)
        try file.move(to: nil, replacing: nil)
        expectSaved(await save(file))
        #expect(try bench.object() == nil && bench.leftovers.isEmpty && bench.store.calls.isEmpty)
    }
}
