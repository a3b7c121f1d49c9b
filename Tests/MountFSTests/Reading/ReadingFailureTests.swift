import Checksums
import Glibc
import MountFS
import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing

/// What goes wrong, and what programs, status and tree hear of it.
struct ReadingFailureTests {
    private let size = 8 << 20
    private static let away = StoreError(.unreachable, "nobody is there")

    // MARK: Another version

    @Test func aChangedObjectIsStaleUntilItIsOpenedAgain() async throws {
        let sandbox = ReadingSandbox()
        let (file, bytes) = sandbox.make("large", size)
        let (object, other) = (sandbox.reading.open(file), sandbox.reading.open(file))
        #expect(try await object.bytes(100, at: 4_000_000)[...] == bytes[4_000_000..<4_000_100])
        let (newer, newBytes) = sandbox.make("large", size, seed: 2)
        #expect(await object.error(100, at: 5_000_000) == ESTALE)
        #expect(await object.error(100, at: 0) == ESTALE)
        #expect(await other.error(100, at: 1_000_000) == ESTALE)
        #expect(sandbox.told.changed == ["large"])
        let again = sandbox.reading.open(newer)
        #expect(try await again.bytes(100, at: 5_000_000)[...] == newBytes[5_000_000..<5_000_100])
        for object in [object, other, again] { object.close() }
        #expect(await sandbox.isEmptySoon())
    }

    @Test func whoOpensTheOldVersionAgainIsToldAgain() async throws {
        let sandbox = ReadingSandbox()
        let (file, _) = sandbox.make("large", size)
        _ = sandbox.make("large", size, seed: 2)
        for _ in 0..<2 { #expect(await sandbox.reading.open(file).error(100, at: 5_000_000) == ESTALE) }
        #expect(sandbox.told.changed == ["large", "large"])
    }

    @Test func aDeletedObjectIsStale() async throws {
        let sandbox = ReadingSandbox()
        let (file, _) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        sandbox.store.remove("large")
        #expect(await object.error(100, at: 0) == ESTALE)
        #expect(sandbox.told.changed == ["large"])
        object.close()
        #expect(await sandbox.isEmptySoon())
    }

    @Test func anotherSizeIsAnotherObject() async throws {
        let sandbox = ReadingSandbox()
        var (file, _) = sandbox.make("large", size)
        file.size -= 10
        let object = sandbox.reading.open(file)
        // Its bytes may have been given out before the answer was complete; they are of the right version.
        _ = await object.begin(100_000, at: size - 100_010).outcome
        #expect(await soon { sandbox.told.changed == ["large"] })
        #expect(await object.error(100, at: 0) == ESTALE)
    }

    /// The first answer decides which version it is.
    @Test func withoutAVersionAnswersAreCompared() async throws {
        let sandbox = ReadingSandbox(
            FakeStore { number, _ in number == 3 ? .pretend(ObjectVersion("another")) : .usual })
        var (file, bytes) = sandbox.make("large", size)
        let version = file.version
        file.version = nil
        let object = sandbox.reading.open(file)
        #expect(try await object.bytes(100, at: 4_000_000)[...] == bytes[4_000_000..<4_000_100])
        #expect(try await object.bytes(100, at: 2_000_000)[...] == bytes[2_000_000..<2_000_100])
        #expect(sandbox.store.requests.map(\.version) == [nil, version])
        #expect(await object.error(100, at: 1_000_000) == ESTALE)
        #expect(sandbox.told.changed == ["large"])
    }

    // MARK: Failures

    @Test func aReadWaitsUntilTheStoreIsBack() async throws {
        let sandbox = ReadingSandbox(
            FakeStore { number, _ in
                number < 5 ? number % 2 == 0 ? .breakOff(64 << 10, Self.away) : .fail(Self.away) : .usual
            })
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        #expect(try await object.bytes(200_000, at: 1_000_000)[...] == bytes[1_000_000..<1_200_000])
        // What had come was not fetched again.
        #expect(sandbox.store.delivered == 200_000)
        #expect(sandbox.told.failures.isEmpty)
    }

    @Test func pastItsTimeItFails() async throws {
        let sandbox = ReadingSandbox(FakeStore { _, _ in .fail(Self.away) }) {
            $0.timeout = TimeSpan(milliseconds: 200)
        }
        let (file, _) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        #expect(await object.error(100, at: 1_000_000) == EIO)
        #expect(sandbox.told.failures.map(\.code) == [.unreachable])
        #expect(sandbox.told.failures.first?.message.contains("nobody is there") == true)
        object.close()
        #expect(await sandbox.isEmptySoon())
    }

    @Test func pastItsTimeAStalledRequestIsEnded() async throws {
        let sandbox = ReadingSandbox(FakeStore { _, _ in .stall(0) }) { $0.timeout = TimeSpan(milliseconds: 500) }
        let (file, _) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        #expect(await object.error(100, at: 1_000_000) == EIO)
        #expect(await sandbox.isEmptySoon())
        #expect(sandbox.told.failures.first?.message.contains("no answer for 500ms") == true)
        object.close()
    }

    @Test(arguments: [
        (StoreError.Code.denied, EACCES), (.expiredCredentials, EACCES), (.noCredentials, EACCES), (.inputOutput, EIO),
        (.archived, EIO), (.cancelled, EIO),
    ])
    func whatStaysAnErrorIsOne(_ code: StoreError.Code, _ errno: Int32) async throws {
        let sandbox = ReadingSandbox(
            // It fails when both reads wait for it.
            FakeStore(latency: 300) { number, _ in
                number == 1 ? .fail(StoreError(code, "no", isRetryable: false)) : .usual
            })
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        let reads = [object.begin(100_000, at: 1_000_000), object.begin(100, at: 1_000_000)]
        for read in reads { #expect(await read.outcome == .failure(SystemError(code: errno))) }
        #expect(sandbox.told.failures.map(\.code) == [code])
        #expect(sandbox.told.changed.isEmpty)
        // The next read asks again.
        #expect(try await object.bytes(100, at: 1_000_000)[...] == bytes[1_000_000..<1_000_100])
        object.close()
        #expect(await sandbox.isEmptySoon())
    }

    @Test func aFailureAheadOfNeedIsNoFailure() async throws {
        let isBack = Atomic(false)
        let sandbox = ReadingSandbox(
            FakeStore { number, _ in
                number > 1 && !isBack.load(ordering: .relaxed) ? .fail(StoreError(.denied, "no")) : .usual
            })
        let (file, bytes) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        for offset in stride(from: 0, to: 1 << 20, by: 64 << 10) { _ = try await object.bytes(64 << 10, at: offset) }
        #expect(await soon { sandbox.store.requests.count > 1 && sandbox.store.active == 0 })
        #expect(sandbox.told.failures.isEmpty)
        isBack.store(true, ordering: .relaxed)
        #expect(try await object.bytes(1 << 20, at: 1 << 20)[...] == bytes[1 << 20..<2 << 20])
    }

    // MARK: Programs that are killed

    @Test func aReadThatNobodyWaitsForIsLetGo() async throws {
        let sandbox = ReadingSandbox(FakeStore(latency: 100_000))
        let (file, _) = sandbox.make("large", size)
        let object = sandbox.reading.open(file)
        let (first, second) = (object.begin(100_000, at: 1_000_000), object.begin(100, at: 1_000_000))
        #expect(await soon { sandbox.store.active == 1 })
        first.abandon()
        #expect(first.isAnswered)
        // Somebody else wants the same bytes.
        #expect(sandbox.store.active == 1 && sandbox.store.cancelled == 0)
        second.abandon()
        #expect(await sandbox.isEmptySoon())
        #expect(sandbox.store.cancelled == 1)
        object.close()
    }

    // MARK: Checksums

    private func verified(
        _ stated: Checksum.Algorithm, isRight: @escaping @Sendable (Int) -> Bool, _ checksums: Set<Checksum.Algorithm>?
    ) async throws -> (outcome: Result<ArraySlice<UInt8>, SystemError>, ReadingSandbox, [UInt8]) {
        let bytes = Content.bytes(100_000, seed: 1)
        let checksum = try Checksum(stated, of: bytes)
        let store = FakeStore { number, _ in .state([checksum], isRight: isRight(number)) }
        let sandbox = ReadingSandbox(store) { if let checksums { $0.checksums = checksums } }
        let object = sandbox.reading.open(sandbox.make("small", bytes.count).0)
        let outcome = await object.begin(bytes.count, at: 0).outcome.map { $0[...] }
        object.close()
        return (outcome, sandbox, bytes)
    }

    /// What arrives wrong is fetched again, twice.
    @Test(arguments: [Checksum.Algorithm.crc32, .crc32c, .crc64nvme, .sha1, .sha256], [1, 2, 3, 4])
    func whatIsWrongIsFetchedAgain(algorithm: Checksum.Algorithm, rightFrom: Int) async throws {
        let (outcome, sandbox, bytes) = try await verified(algorithm, isRight: { $0 >= rightFrom }, nil)
        #expect(sandbox.store.requests.count == min(rightFrom, 3))
        if rightFrom <= 3 {
            #expect(try outcome.get() == bytes[...])
        } else {
            #expect(outcome.map(\.count) == .failure(SystemError(code: EIO)))
            #expect(
                sandbox.told.failures.first?.message.contains("checksum that the store states (\(algorithm.rawValue))")
                    == true)
        }
    }

    /// An MD5 as well, where there is nothing cheaper; nothing where nothing is wanted.
    @Test func whatIsCompared() async throws {
        for (algorithm, checksums, count) in [
            (Checksum.Algorithm.md5, nil, 2), (.crc32c, nil, 2), (.md5, [.crc32c], 1), (.crc32c, [], 1),
        ] as [(Checksum.Algorithm, Set<Checksum.Algorithm>?, Int)] {
            let (_, sandbox, _) = try await verified(algorithm, isRight: { $0 > 1 }, checksums)
            #expect(sandbox.store.requests.count == count, "\(algorithm)")
        }
    }

    /// The kernel asks once more for what has failed; who read would wait as long again.
    @Test(arguments: [60_000, 50]) func whatWasJustWaitedForInVainFailsAtOnce(milliseconds: Int) async throws {
        let sandbox = ReadingSandbox(FakeStore { _, _ in .stall(0) }) {
            $0.timeout = TimeSpan(milliseconds: 300)
            $0.moment = TimeSpan(milliseconds: milliseconds)
        }
        let object = sandbox.reading.open(sandbox.make("large", size).0)
        #expect(await object.error(100_000, at: 1_000_000) == EIO)
        let requests = sandbox.store.requests.count
        // But only for a moment.
        if milliseconds < 1000 { try await Task.sleep(for: .milliseconds(milliseconds)) }
        #expect(await object.error(4096, at: 1_000_000) == EIO)
        if milliseconds > 1000 {
            #expect(sandbox.store.requests.count == requests)
        } else {
            #expect(await soon { sandbox.store.requests.count > requests })
        }
        object.close()
    }
}
