import ObjectStore
import Platform
import Staging
import Synchronization
import TestSupport
import Testing

@testable import MountFS

/// Over a real folder, with parts of 4 KiB.
@Suite struct UploaderTests {
    @Test(arguments: [0, 1, 4096, 4097, 100_000]) func aNewFile(size: Int) async throws {
        let bench = try await WritingBench(object: nil)
        let content = WritingBench.bytes(size)
        try bench.write(content, at: 0)
        try bench.seal()
        try await bench.uploader.upload(bench.file, to: bench.target)
        #expect(try bench.object() == content && bench.leftovers.isEmpty)
        #expect(bench.store.sent == size && bench.store.fetched == 0)
        #expect(bench.file.state.sealed == nil && !bench.file.state.isTorn)
    }

    /// As large as it is, and written to all the while: none of it is sent in parts, and what is in the bucket was sealed.
    @Test func alwaysWhole() async throws {
        let bench = try await WritingBench(object: nil, isAlwaysWhole: true)
        let content = [UInt8](repeating: 5, count: 20 << 20)
        try bench.write(content, at: 0)
        try bench.seal()
        let isFirst = Mutex(true)
        bench.store.before { _ throws(StoreError) in
            guard isFirst.withLock({ $0 }) else { return }
            isFirst.withLock { $0 = false }
            do throws(SystemError) {
                try bench.write([UInt8](repeating: 7, count: 1 << 20), at: 3 << 20)
            } catch {
                throw StoreError(error, "a test's change")
            }
        }
        try await bench.uploader.upload(bench.file, to: bench.target)
        #expect(try bench.object() == content && bench.store.sent == content.count)
        #expect(bench.store.calls == [.put])
        #expect(try bench.leftovers.isEmpty)
        try bench.seal()
        try await bench.uploader.upload(bench.file, to: bench.target)
        #expect(try bench.object() == bench.sealed(2))
    }

    /// The store has taken it, and nobody has heard of it.
    @Test func aLargeWholeOneWhoseAnswerIsLost() async throws {
        let bench = try await WritingBench(object: nil, isAlwaysWhole: true)
        try bench.write([UInt8](repeating: 5, count: (16 << 20) + 1), at: 0)
        try bench.seal()
        bench.store.behind { call throws(StoreError) in
            if case .put = call { throw StoreError(.unreachable, "a test's failure", isRetryable: true) }
        }
        await #expect(throws: Uploader.Failure.self) {
            try await bench.uploader.upload(bench.file, to: bench.target)
        }
        bench.store.behind(nil)
        try await bench.uploader.upload(bench.file, to: bench.target)
        #expect(try bench.object() == bench.sealed(1) && bench.file.state.sealed == nil)
    }

    /// Parts that only the store has stay parts of it, whatever is said of sizes by then.
    @Test(arguments: [(4096, 100_000, false), (4096, nil, true), (1000, nil, false), (9000, nil, false)])
    func whatHasLeftTheDisk(partSize: Int, wholeUpTo: Int?, isAlwaysWhole: Bool) async throws {
        let bench = try await WritingBench(object: nil)
        try bench.write(WritingBench.bytes(12 * 4096), at: 0)
        for part in 1...8 { try await bench.uploader.sendAhead(part, of: bench.file, to: bench.target) }
        #expect(try bench.file.letGoOfParts() == 8 * 4096)
        var settings = UploadSettings()
        (settings.partSize, settings.wholeUpTo, settings.isAlwaysWhole) = (partSize, wholeUpTo, isAlwaysWhole)
        let uploader = Uploader(bench.store, MemoryBudget(1 << 20), settings)
        for part in 1...3 { try? await uploader.sendAhead(part, of: bench.file, to: bench.target) }
        try bench.resize(to: 9 * 4096)
        try bench.seal()
        try await uploader.upload(bench.file, to: bench.target)
        #expect(try bench.object() == bench.sealed(1) && bench.file.state.sealed == nil)
    }

    /// A large part with holes, and with what the object had before, is put together on the disk.
    /// Who goes on writing to it does not keep the sealed version from coming into the bucket.
    @Test(arguments: [nil, 30 << 20], [false, true])
    func aLargePartOfSeveralPieces(size: Int?, isChanging: Bool) async throws {
        let bench = try await WritingBench(
            object: size.map { [UInt8](repeating: 3, count: $0) }, partSize: 20 << 20)
        try bench.resize(to: 50 << 20)
        for place in [0, 7 << 20, 33 << 20] { try bench.write([UInt8](repeating: 9, count: 100_000), at: place) }
        try bench.seal()
        if isChanging {
            let changes = Mutex(0)
            bench.store.before { _ throws(StoreError) in
                let count = changes.withLock { count in
                    count += 1
                    return count
                }
                guard count < 8 else { return }
                do throws(SystemError) {
                    for place in [1 << 20, 7 << 20, 35 << 20] { try bench.write([1, 2, 3], at: place) }
                } catch {
                    throw StoreError(error, "a test's change")
                }
            }
        }
        try await bench.uploader.upload(bench.file, to: bench.target)
        #expect(try bench.object() == bench.sealed(1) && bench.leftovers.isEmpty)
    }

    /// What is to go whole is copied once, however often the store has to be asked.
    @Test func attemptsShareACopy() async throws {
        let bench = try await WritingBench(object: nil, isAlwaysWhole: true)
        try bench.write([UInt8](repeating: 5, count: 20 << 20), at: 0)
        try bench.seal()
        let target = bench.target
        bench.store.before { call throws(StoreError) in
            if case .put = call { throw StoreError(.unreachable, "a test's failure", isRetryable: true) }
        }
        await #expect(throws: Uploader.Failure.self) { try await bench.uploader.upload(bench.file, to: target) }
        let copy = try #require(target.copy.whole(of: 1)?.copy)
        await #expect(throws: Uploader.Failure.self) { try await bench.uploader.upload(bench.file, to: target) }
        #expect(target.copy.whole(of: 1)?.copy === copy)
        bench.store.before(nil)
        try await bench.uploader.upload(bench.file, to: target)
        #expect(try bench.object() == bench.sealed(1) && target.copy.whole(of: 1) == nil)
    }

    /// Too large to be taken at once, by a store that takes no parts: nothing is copied for it.
    @Test func whatIsTooLargeIsRefused() async throws {
        let bench = try await WritingBench(object: nil, isAlwaysWhole: true) { $0.maximumPut = 18 << 20 }
        try bench.resize(to: 19 << 20)
        try bench.seal()
        do throws(Uploader.Failure) {
            try await bench.uploader.upload(bench.file, to: bench.target)
            Issue.record("it was taken")
        } catch {
            #expect(error.error.code == .tooLarge)
        }
        #expect(bench.store.calls == [] && bench.file.state.sealed != nil)
    }

    @Test(arguments: [100_000, 100_001]) func whatIsLargerThanIsSaidGoesInParts(size: Int) async throws {
        let bench = try await WritingBench(object: nil, wholeUpTo: 100_000)
        try bench.write(WritingBench.bytes(size), at: 0)
        try bench.seal()
        try await bench.uploader.upload(bench.file, to: bench.target)
        #expect(try bench.object() == bench.sealed(1))
        #expect(bench.store.calls.contains(.put) == (size == 100_000))
        #expect(bench.store.calls.contains(.part(25)) == (size == 100_001))
    }

    /// What was sent while the file was being written is not sent again.
    @Test func partsAheadOfTheEnd() async throws {
        let bench = try await WritingBench(object: nil)
        let content = WritingBench.bytes(10 * 4096)
        try bench.write(Array(content[..<(9 * 4096)]), at: 0)
        for part in 1...9 { try await bench.uploader.sendAhead(part, of: bench.file, to: bench.target) }
        // Not whole yet.
        try await bench.uploader.sendAhead(10, of: bench.file, to: bench.target)
        #expect(bench.store.sent == 9 * 4096)
        try bench.write(Array(content[(9 * 4096)...]), at: 9 * 4096)
        try bench.write([7], at: 5000)
        try bench.seal()
        try await bench.uploader.upload(bench.file, to: bench.target)
        #expect(bench.store.sent == 11 * 4096)
        #expect(try bench.object() == bench.sealed(1))
    }

    @Test func aSmallChangeOfALargeObject() async throws {
        let bench = try await WritingBench(object: WritingBench.bytes(1 << 20)) { $0.minimumPartSize = 4096 }
        try bench.write([1, 2, 3], at: 500_000)
        try bench.seal()
        try await bench.uploader.upload(bench.file, to: bench.target)
        #expect(try bench.object() == bench.sealed(1))
        #expect(bench.store.sent == 4096 && bench.store.fetched == 4093 && bench.store.copied == (1 << 20) - 4096)
    }

    /// Whatever is written and sealed while it is uploaded, and whatever of it fails and is tried again: what is in the
    /// bucket is a version that was sealed, the last one in the end.
    @Test(arguments: 0..<40) func anyOrder(seed: Int) async throws {
        var first = SeededGenerator(seed: UInt64(seed))
        let size = [nil, 0, 3000, 60_000].randomElement(using: &first)!
        let bench = try await WritingBench(
            object: size.map { WritingBench.bytes($0, seed: UInt64(seed)) },
            wholeUpTo: seed % 7 == 4 ? 20_000 : nil, isAlwaysWhole: seed % 7 == 3
        ) { can in
            can.partCopy = [.none, .objects, .ranges][seed % 3]
            can.hasEqualParts = seed % 5 == 0
            can.conditionalComplete = seed % 2 == 0
            can.minimumPartSize = 1024
        }
        let generator = Mutex(first)
        // Changes, and failures, that happen while the store is called.
        let meanwhile: @Sendable (WatchedStore.Call) throws(StoreError) -> Void = { call throws(StoreError) in
            let (change, offset, count, fails) = generator.withLock { generator in
                (
                    Int.random(in: 0..<12, using: &generator), Int.random(in: 0...bench.size, using: &generator),
                    Int.random(in: 1...9000, using: &generator), Int.random(in: 0..<25, using: &generator) == 0
                )
            }
            do throws(SystemError) {
                switch change {
                case 0...1: try bench.write([UInt8](repeating: UInt8(offset & 255), count: count), at: offset)
                case 2: try bench.resize(to: offset)
                case 3: try bench.seal()
                default: break
                }
            } catch {
                throw StoreError(error, "a test's change")
            }
            if fails { throw StoreError(.unreachable, "a test's failure") }
        }
        for _ in 0..<6 {
            let (offset, count) = generator.withLock { generator in
                (Int.random(in: 0...bench.size, using: &generator), Int.random(in: 1...30_000, using: &generator))
            }
            try bench.write(WritingBench.bytes(count, seed: UInt64(count)), at: offset)
            bench.store.before(meanwhile)
            for part in 1...3 { try? await bench.uploader.sendAhead(part, of: bench.file, to: bench.target) }
            let last = try bench.seal()
            for _ in 0..<20 where bench.file.state.sealed != nil { try await Self.tryOnce(bench) }
            bench.store.before(nil)
            try await bench.uploader.upload(bench.file, to: bench.target)
            #expect(bench.file.state.sealed == nil && bench.file.state.seals >= last)
            try #require(try bench.object() == bench.sealed(bench.file.state.seals), "seed \(seed)")
        }
        #expect(try bench.leftovers.isEmpty)
    }

    /// Only what a test makes fail may fail.
    private static func tryOnce(_ bench: WritingBench) async throws {
        do throws(Uploader.Failure) {
            try await bench.uploader.upload(bench.file, to: bench.target)
        } catch {
            guard case .store(let reason) = error, reason.code == .unreachable else { throw error }
        }
    }

    /// A part of somebody's who was killed has come behind ours: all of them are sent again, once.
    @Test func aPartIsAnotherOne() async throws {
        let bench = try await WritingBench(object: nil)
        try bench.write(WritingBench.bytes(20_000), at: 0)
        try bench.seal()
        let refusals = Atomic(1)
        bench.store.before { call throws(StoreError) in
            guard call == .complete, refusals.load(ordering: .relaxed) > 0 else { return }
            refusals.subtract(1, ordering: .relaxed)
            throw StoreError(.invalid, "part 2 is not the one that was stored")
        }
        await #expect { try await bench.uploader.upload(bench.file, to: bench.target) } throws: {
            ($0 as? Uploader.Failure)?.mayPass == true
        }
        try await bench.uploader.upload(bench.file, to: bench.target)
        #expect(try bench.object() == bench.sealed(1) && bench.leftovers.isEmpty)
        #expect(bench.store.calls.count { if case .part = $0 { true } else { false } } == 10)
        try bench.write(WritingBench.bytes(20_000, seed: 2), at: 0)
        try bench.seal()
        refusals.store(2, ordering: .relaxed)
        await #expect(throws: Uploader.Failure.self) { try await bench.uploader.upload(bench.file, to: bench.target) }
        await #expect { try await bench.uploader.upload(bench.file, to: bench.target) } throws: {
            ($0 as? Uploader.Failure)?.mayPass == false
        }
    }

    /// A store that says so however often it is begun anew is not asked for ever.
    @Test func anUploadThatIsClearedAwayAgainAndAgain() async throws {
        let bench = try await WritingBench(object: nil)
        try bench.write(WritingBench.bytes(20_000), at: 0)
        try bench.seal()
        bench.store.before { call throws(StoreError) in
            if call == .complete { throw StoreError(.notFound, "there is no such upload") }
        }
        for mayPass in [true, false, false] {
            await #expect { try await bench.uploader.upload(bench.file, to: bench.target) } throws: {
                ($0 as? Uploader.Failure)?.mayPass == mayPass
            }
            #expect(bench.file.state.upload == nil)
        }
        bench.store.before(nil)
        try await bench.uploader.upload(bench.file, to: bench.target)
        #expect(try bench.object() == bench.sealed(1))
    }

    /// Nobody's object is written over.
    @Test(arguments: [100, 20_000], [true, false]) func somebodyElseWasFaster(size: Int, knowsConditions: Bool)
        async throws
    {
        let bench = try await WritingBench(object: WritingBench.bytes(10)) { can in
            can.conditionalPut = knowsConditions
            can.conditionalComplete = knowsConditions
        }
        try bench.write(WritingBench.bytes(size, seed: 2), at: 0)
        try bench.seal()
        let target = bench.target
        _ = try await bench.store.put("a", .bytes([42]), PutOptions())
        await #expect(throws: Uploader.Failure.self) { try await bench.uploader.upload(bench.file, to: target) }
        #expect(try bench.object() == [42] && bench.leftovers.isEmpty)
        #expect(bench.file.state.sealed?.number == 1)
    }

    /// Of two that make the same new file one comes too late.
    @Test func aNewFileIsNew() async throws {
        let bench = try await WritingBench(object: nil)
        try bench.write([1], at: 0)
        try bench.seal()
        _ = try await bench.store.put("a", .bytes([42]), PutOptions())
        await #expect(throws: Uploader.Failure.self) { try await bench.uploader.upload(bench.file, to: bench.target) }
        #expect(try bench.object() == [42])
    }

    /// Killed between the store's answer and the note of it, the next process finds its own object.
    @Test func knowsItsOwnObject() async throws {
        let bench = try await WritingBench(object: WritingBench.bytes(10))
        try bench.write(WritingBench.bytes(300, seed: 2), at: 0)
        try bench.seal()
        bench.store.behind { call throws(StoreError) in
            if call == .put { throw StoreError(.unreachable, "killed") }
        }
        await #expect(throws: Uploader.Failure.self) { try await bench.uploader.upload(bench.file, to: bench.target) }
        bench.store.behind(nil)
        try await bench.uploader.upload(bench.file, to: bench.target)
        #expect(try bench.object() == bench.sealed(1) && bench.file.state.sealed == nil)
    }
}
