import Glibc
import JSON
import ObjectStore
import Platform
import Staging
import Synchronization
import TestSupport
import Testing

@testable import MountFS

/// Over a real folder, with parts of 4 KiB.
@Suite struct UploaderTests {
    /// A bucket, a staged file that goes to the key `a`, and what its sealed versions were.
    final class Bench: Sendable {
        private struct State {
            var bytes: [UInt8]
            var sealed: [Int: [UInt8]] = [:]
        }

        static let partSize = 4096
        private let bucket: TemporaryFolder
        private let place: TemporaryFolder
        let store: WatchedStore
        let file: StagedFile
        let uploader: Uploader
        let base: StoredObject?
        private let staging: StagingFolder
        private let state: Mutex<State>

        /// Nothing: the file is new.
        init(object: [UInt8]?, _ change: (inout StoreCapabilities) -> Void = { _ in }) async throws {
            bucket = try TemporaryFolder()
            place = try TemporaryFolder()
            store = WatchedStore(try await FileStore.open(RawPath(bucket.path), isDurable: false), change)
            uploader = Uploader(store, MemoryBudget(1 << 20), partSize: Self.partSize, requests: 4)
            var base: StoredObject?
            if let object {
                let inner = try await FileStore.open(RawPath(bucket.path), isDurable: false)
                base = StoredObject(
                    "a", try await inner.put("a", .bytes(object), PutOptions()).version, size: object.count)
            }
            self.base = base
            let folder = SharedDescriptor(try .open(RawPath(place.path), FileFlags.folder))
            staging = try #require(try StagingFolder(folder))
            file = try staging.make(
                StagedImage(ofObjectWithSize: object?.count ?? 0), base: base?.words, name: "a", description: nil,
                isTorn: object == nil)
            state = Mutex(State(bytes: object ?? []))
        }

        var target: Uploader.Target {
            Uploader.Target(
                key: "a", metadata: .init(),
                replacing: file.state.base.flatMap(StoredObject.init(words:))?.version)
        }

        func write(_ new: [UInt8], at offset: Int) throws(SystemError) {
            try state.withLock { state throws(SystemError) in
                let missing = offset + new.count - state.bytes.count
                if missing > 0 { state.bytes += [UInt8](repeating: 0, count: missing) }
                state.bytes.replaceSubrange(offset..<offset + new.count, with: new)
                let failure = new.withUnsafeBytes { bytes -> SystemError? in
                    do throws(SystemError) {
                        try file.write(bytes, at: offset)
                        return nil
                    } catch {
                        return error
                    }
                }
                if let failure { throw failure }
            }
        }

        func resize(to size: Int) throws(SystemError) {
            try state.withLock { state throws(SystemError) in
                state.bytes =
                    Array(state.bytes.prefix(size)) + [UInt8](repeating: 0, count: max(0, size - state.bytes.count))
                try file.resize(to: size)
            }
        }

        @discardableResult
        func seal() throws(SystemError) -> Int {
            try state.withLock { state throws(SystemError) in
                let number = try file.seal()
                state.sealed[number] = state.bytes
                return number
            }
        }

        var size: Int { state.withLock { $0.bytes.count } }
        func sealed(_ number: Int) -> [UInt8]? { state.withLock { $0.sealed[number] } }

        func object() throws -> [UInt8]? {
            let path = bucket.path("a")
            guard access(path, R_OK) == 0 else { return nil }
            return try FileReading.bytes(of: path, limit: 1 << 30)
        }

        /// What is in the bucket's folder beside the object.
        var leftovers: [String] {
            get throws { try bucket.names.filter { $0 != "a" } }
        }
    }

    private func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 1...255, using: &generator) }
    }

    @Test(arguments: [0, 1, 4096, 4097, 100_000]) func aNewFile(size: Int) async throws {
        let bench = try await Bench(object: nil)
        let content = bytes(size)
        try bench.write(content, at: 0)
        try bench.seal()
        try await bench.uploader.upload(bench.file, to: bench.target)
        #expect(try bench.object() == content && bench.leftovers.isEmpty)
        #expect(bench.store.sent == size && bench.store.fetched == 0)
        #expect(bench.file.state.sealed == nil && !bench.file.state.isTorn)
    }

    /// What was sent while the file was being written is not sent again.
    @Test func partsAheadOfTheEnd() async throws {
        let bench = try await Bench(object: nil)
        let content = bytes(10 * 4096)
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
        let bench = try await Bench(object: bytes(1 << 20)) { $0.minimumPartSize = 4096 }
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
        let bench = try await Bench(object: size.map { bytes($0, seed: UInt64(seed)) }) { can in
            can.partCopy = seed % 3 != 0
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
            try bench.write(bytes(count, seed: UInt64(count)), at: offset)
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
    private static func tryOnce(_ bench: Bench) async throws {
        do throws(Uploader.Failure) {
            try await bench.uploader.upload(bench.file, to: bench.target)
        } catch {
            guard case .store(let reason) = error, reason.code == .unreachable else { throw error }
        }
    }

    /// Nobody's object is written over.
    @Test(arguments: [100, 20_000], [true, false]) func somebodyElseWasFaster(size: Int, knowsConditions: Bool)
        async throws
    {
        let bench = try await Bench(object: bytes(10)) { can in
            can.conditionalPut = knowsConditions
            can.conditionalComplete = knowsConditions
        }
        try bench.write(bytes(size, seed: 2), at: 0)
        try bench.seal()
        let target = bench.target
        _ = try await bench.store.put("a", .bytes([42]), PutOptions())
        await #expect(throws: Uploader.Failure.self) { try await bench.uploader.upload(bench.file, to: target) }
        #expect(try bench.object() == [42] && bench.leftovers.isEmpty)
        #expect(bench.file.state.sealed?.number == 1)
    }

    /// Of two that make the same new file one comes too late.
    @Test func aNewFileIsNew() async throws {
        let bench = try await Bench(object: nil)
        try bench.write([1], at: 0)
        try bench.seal()
        _ = try await bench.store.put("a", .bytes([42]), PutOptions())
        await #expect(throws: Uploader.Failure.self) { try await bench.uploader.upload(bench.file, to: bench.target) }
        #expect(try bench.object() == [42])
    }

    /// Killed between the store's answer and the note of it, the next process finds its own object.
    @Test func knowsItsOwnObject() async throws {
        let bench = try await Bench(object: bytes(10))
        try bench.write(bytes(300, seed: 2), at: 0)
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
