import ObjectStore
import Platform
import Testing

@testable import MountFS

/// One bound for all files of a mount.
struct ReadingMemoryTests {
    private let size = 16 << 20

    @Test func whatIsFarFromNeedGoesWhenOthersWait() async throws {
        let sandbox = ReadingSandbox(memory: 16 << 20)
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        for offset in stride(from: 0, to: 3 << 20, by: 256 << 10) { _ = try await object.bytes(256 << 10, at: offset) }
        #expect(await soon { sandbox.store.active == 0 })
        let kept = sandbox.memory.used
        #expect(kept > 4 << 20)
        let most = sandbox.memory.total - (2 << 20)
        await sandbox.memory.take(most)
        #expect(sandbox.memory.used <= 16 << 20)
        #expect(sandbox.memory.used < most + kept)
        sandbox.memory.giveBack(most)
        // What was dropped is fetched again when its time comes.
        let rest = try await object.bytes(4 << 20, at: 3 << 20)
        #expect(rest[...] == bytes[3 << 20..<7 << 20])
        object.close()
        #expect(await sandbox.isEmptySoon())
    }

    /// What comes ahead of need leaves some for those who ask, large pieces as well as small ones.
    @Test(arguments: [1 << 20, 300_000]) func anEighthStaysFree(count: Int) {
        let memory = MemoryBudget(16 << 20)
        var ahead: [BlockMemory] = []
        while let more = BlockMemory(ahead: count, of: memory) { ahead.append(more) }
        #expect(memory.used <= 14 << 20 && memory.used > 14 << 20 - count)
        #expect(MemoryGrant(trying: 2 << 20, of: memory) != nil)
    }

    /// A client has only so many connections. What a reader asks for by himself may still be a larger piece of what comes next.
    @Test(arguments: [true, false]) func nothingComesAheadWhileTheStoreIsBusy(isBusy: Bool) async throws {
        let sandbox = ReadingSandbox(FakeStore { _, request in request.key == "stalled" ? .stall(0) : .usual }) {
            $0.busy = 4
        }
        let stalled = sandbox.reading.open(sandbox.make("stalled", size).0)
        let reads = isBusy ? (1...4).map { stalled.begin(4096, at: $0 * 3_000_000) } : []
        #expect(await soon { sandbox.store.active == reads.count })
        let object = sandbox.reading.open(sandbox.make("large", size).0)
        let end = 5 << 20
        for offset in stride(from: 3 << 20, to: end, by: 256 << 10) {
            _ = try await object.bytes(256 << 10, at: offset)
        }
        #expect(await soon { sandbox.store.active == reads.count })
        let farthest = sandbox.store.requests.filter { $0.key == "large" }.map(\.range.upperBound).max() ?? 0
        #expect((farthest <= end + (768 << 10)) == isBusy, "\(farthest - end)")
        sandbox.reading.close()
        for read in reads { #expect(await read.outcome == .failure(SystemError(code: 5))) }
    }

    @Test func readsWaitForMemoryInTurn() async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 5), memory: 100_000)
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        let reads = (1..<50).map { ($0 * 300_000, object.begin(90_000, at: $0 * 300_000)) }
        for (offset, read) in reads {
            #expect(try await read.outcome.get()[...] == bytes[offset..<offset + 90_000])
        }
        #expect(sandbox.memory.peak <= 100_000)
        #expect(sandbox.store.mostActive == 1)
        object.close()
        #expect(await sandbox.isEmptySoon())
    }

    @Test func aReadLargerThanAllIsAnsweredAlone() async throws {
        let sandbox = ReadingSandbox(memory: 1)
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        let reads = (1..<5).map { ($0 << 20, object.begin(1 << 20, at: $0 << 20)) }
        for (offset, read) in reads {
            #expect(try await read.outcome.get()[...] == bytes[offset..<offset + 1 << 20])
        }
        #expect(sandbox.memory.peak == 1 << 20)
    }

    @Test func aReadThatWaitsForMemoryTooLongFails() async throws {
        let sandbox = ReadingSandbox(memory: 1 << 20) { $0.timeout = TimeSpan(milliseconds: 500) }
        let (file, _) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        await sandbox.memory.take(1 << 20)
        #expect(await object.error(100, at: 5_000_000) == 5)
        #expect(sandbox.told.failures.count == 1)
        sandbox.memory.giveBack(1 << 20)
        object.close()
        #expect(await sandbox.isEmptySoon())
    }

    /// Handles that have read the beginning of a file and stay open do not keep others from reading ahead.
    @Test func whoPausesLeavesTheMemoryToOthers() async throws {
        let sandbox = ReadingSandbox(memory: 8 << 20)
        let idle = (0..<20).map { sandbox.reading.open(sandbox.make(ObjectKey("\($0)"), size).0) }
        for object in idle { _ = try await object.bytes(100, at: 0) }
        let (file, _) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        for offset in stride(from: 0, to: size, by: 64 << 10) { _ = try await object.bytes(64 << 10, at: offset) }
        #expect(sandbox.store.requests.filter { $0.key == "large" }.count < 120)
        #expect(sandbox.memory.peak <= 8 << 20)
        object.close()
        for object in idle { object.close() }
        #expect(await sandbox.isEmptySoon())
    }

    @Test func memoryGoesWhenNobodyReadsForAWhile() async throws {
        let sandbox = ReadingSandbox { $0.patience = TimeSpan(milliseconds: 50) }
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        for offset in stride(from: 0, to: 3 << 20, by: 256 << 10) { _ = try await object.bytes(256 << 10, at: offset) }
        #expect(await soon { sandbox.memory.used == 0 && sandbox.memory.idle == 0 })
        let rest = try await object.bytes(1 << 20, at: 3 << 20)
        #expect(rest[...] == bytes[3 << 20..<4 << 20])
    }
}
