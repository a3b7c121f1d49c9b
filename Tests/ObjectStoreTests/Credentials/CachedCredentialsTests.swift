import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

struct CachedCredentialsTests {
    private typealias Found = FoundCredentials<Int>

    /// Counts searches, and gives the n-th the value n.
    private final class Source: Sendable {
        let clock = Mutex(1000)
        let searches = Mutex(0)
        let lifetime: Mutex<Int?>
        let failure = Mutex<StoreError?>(nil)
        let pause = Mutex(0)
        /// As long as it is true, no search ends.
        let isHeld = Mutex(false)

        init(lifetime: Int? = 3600) { self.lifetime = Mutex(lifetime) }

        func cache() -> CachedCredentials<Int> {
            CachedCredentials(now: { self.clock.withLock { $0 } }) { () async throws(StoreError) in
                let number = self.searches.withLock { count in
                    count += 1
                    return count
                }
                let pause = self.pause.withLock { $0 }
                if pause > 0 { try? await Task.sleep(for: .milliseconds(pause)) }
                while self.isHeld.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(5)) }
                if let failure = self.failure.withLock({ $0 }) { throw failure }
                let now = self.clock.withLock { $0 }
                return Found(value: number, expiry: self.lifetime.withLock { $0 }.map { now + $0 }, origin: .anonymous)
            }
        }

        func pass(_ seconds: Int) { clock.withLock { $0 += seconds } }

        /// Waits until so many searches have begun, and a little for them to end.
        func until(_ count: Int) async throws {
            for _ in 0..<2000 where searches.withLock({ $0 }) < count { try await Task.sleep(for: .milliseconds(1)) }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func oneSearchForMany() async throws {
        let source = Source()
        source.pause.withLock { $0 = 20 }
        let cache = source.cache()
        let values = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<500 { group.addTask { try await cache.current().value } }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(values == [1])
        #expect(source.searches.withLock { $0 } == 1)
    }

    @Test func keptForEver() async throws {
        let source = Source(lifetime: nil)
        let cache = source.cache()
        for _ in 0..<3 {
            #expect(try await cache.current().value == 1)
            source.pass(1_000_000)
        }
    }

    /// Five minutes before the end new ones are got while the old ones serve.
    @Test func behindTheBack() async throws {
        let source = Source()
        let cache = source.cache()
        #expect(try await cache.current().value == 1)
        source.pass(3600 - 362)
        #expect(try await cache.current().value == 1)
        #expect(source.searches.withLock { $0 } == 1)
        source.pass(62)
        #expect(try await cache.current().value == 1)
        try await source.until(2)
        #expect(try await cache.current().value == 2)
    }

    @Test func waitedForInTheLastMinute() async throws {
        let source = Source()
        let cache = source.cache()
        _ = try await cache.current()
        source.pass(3600 - 60)
        #expect(try await cache.current().value == 2)
    }

    @Test func shortOnes() async throws {
        let source = Source(lifetime: 90)
        let cache = source.cache()
        _ = try await cache.current()
        source.pass(20)
        #expect(try await cache.current().value == 1)
        #expect(source.searches.withLock { $0 } == 1)
    }

    @Test func oldOnesServeWhenThereAreNoNewOnes() async throws {
        let source = Source()
        let cache = source.cache()
        _ = try await cache.current()
        source.failure.withLock { $0 = StoreError(.unreachable, "away") }
        source.pass(3600 - 50)
        #expect(try await cache.current().value == 1)
        // For a while nobody asks again.
        #expect(try await cache.current().value == 1)
        #expect(source.searches.withLock { $0 } == 2)
        source.pass(31)
        #expect(try await cache.current().value == 1)
        source.pass(30)
        await #expect(throws: StoreError(.unreachable, "away")) { try await cache.current() }
        source.failure.withLock { $0 = nil }
        source.pass(3)
        #expect(try await cache.current().value > 1)
    }

    @Test func failuresAreRememberedForAMoment() async throws {
        let source = Source()
        source.failure.withLock { $0 = StoreError(.noCredentials, "none") }
        let cache = source.cache()
        for _ in 0..<10 { await #expect(throws: StoreError.self) { try await cache.current() } }
        #expect(source.searches.withLock { $0 } == 1)
        source.pass(2)
        await #expect(throws: StoreError.self) { try await cache.current() }
        #expect(source.searches.withLock { $0 } == 2)
    }

    @Test func refusedOnesAreReplacedOnce() async throws {
        let source = Source()
        let cache = source.cache()
        _ = try await cache.current()
        source.pause.withLock { $0 = 20 }
        let answers = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 { group.addTask { await cache.renew(after: 1) } }
            return await group.reduce(into: Set<Bool>()) { $0.insert($1) }
        }
        #expect(answers == [true])
        #expect(source.searches.withLock { $0 } == 2)
        #expect(await cache.renew(after: 1))
        #expect(source.searches.withLock { $0 } == 2)
    }

    @Test func nothingNewer() async throws {
        let source = Source()
        let cache = source.cache()
        _ = try await cache.current()
        source.failure.withLock { $0 = StoreError(.unreachable, "away") }
        #expect(await cache.renew(after: 1) == false)
        #expect(await cache.renew(after: 1) == false)
        #expect(source.searches.withLock { $0 } == 2)
        #expect(try await cache.current().value == 1)
        source.failure.withLock { $0 = nil }
        source.pass(2)
        #expect(await cache.renew(after: 1))
    }

    /// Who is cancelled does not wait, and the others get theirs.
    @Test func cancelled() async throws {
        let source = Source()
        source.isHeld.withLock { $0 = true }
        let cache = source.cache()
        let patient = Task { try await cache.current().value }
        let hasty = Task { try await cache.current().value }
        try await source.until(1)
        hasty.cancel()
        await #expect(throws: StoreError.self) { try await hasty.value }
        source.isHeld.withLock { $0 = false }
        #expect(try await patient.value == 1)
    }
}
