import JSON
import Platform
import TestSupport
import Testing

@testable import ObjectStore

/// Tokens that end while a job runs.
@Suite(.enabled(if: GoogleServices.isHere, Comment(rawValue: GoogleServices.absence)))
struct GoogleRenewalTests {
    private let lab: GoogleLab

    init() async throws { lab = try await GoogleLab() }

    /// What 200 are given that come at the same time.
    private func many(_ work: @escaping @Sendable () async throws -> BearerToken?) async throws -> Set<BearerToken?> {
        try await withThrowingTaskGroup(of: BearerToken?.self) { group in
            for _ in 0..<200 { group.addTask { try await work() } }
            return try await group.reduce(into: []) { $0.insert($1) }
        }
    }

    /// At the beginning, and when the storage has refused it: it is asked for once. So nobody waits for longer than that takes.
    @Test func manyWaitForOne() async throws {
        try await lab.room.tell(["life": 5, "delay": 0.5])
        let search = try lab.search(file: lab.user)
        let first = try await many { try await search.found() }
        #expect(first.count == 1)
        #expect(try await lab.room.asked().count == 1)
        let old = try #require(first.first ?? nil)
        let second = try await many {
            #expect(await search.renew(after: old))
            return try await search.found()
        }
        #expect(second.count == 1 && second != first)
        #expect(try await lab.room.asked().count == 2)
    }

    /// The storage, and not our clock, says when a short one has ended. Whoever reads does not see it.
    @Test func readersOnTokensOfFiveSeconds() async throws {
        let store = try await lab.store(lab.search(file: lab.user), bucket: try await lab.bucket())
        let read: @Sendable () async throws -> BearerToken? = {
            let result = try await store.read("a", .whole, of: nil, into: .bytes(limit: 100))
            #expect(result.bytes == Array("content".utf8))
            return nil
        }
        try await lab.room.tell(["life": 5])
        _ = try await read()
        let before = try await lab.room.asked().count
        try await Task.sleep(for: .seconds(6))
        let began = ContinuousClock.now
        _ = try await many(read)
        // One, and others only as far as the test has taken so long.
        let seconds = Int((ContinuousClock.now - began).components.seconds)
        let asked = try await lab.room.asked().count - before
        #expect(1...1 + seconds / 5 ~= asked)
    }

    /// Before the end the new one is got behind the backs of those who read.
    @Test func longOnesAreRenewedUnnoticed() async throws {
        let search = try lab.search(file: lab.user)
        let first = try await search.found()
        lab.machine.pass(seconds: 3600 - 200)
        try await lab.room.tell(["delay": 0.3])
        let answers = try await withThrowingTaskGroup(of: BearerToken.self) { group in
            for _ in 0..<200 { group.addTask { try await search.found() } }
            return try await group.reduce(into: Set<BearerToken>()) { $0.insert($1) }
        }
        #expect(answers == [first])
        for _ in 0..<200 where try await search.found() == first { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try await search.found() != first)
        #expect(try await lab.room.asked().count == 2)
    }

    /// With a clock that is hours off, tokens are used as long as they are good.
    @Test func aClockThatIsWrong() async throws {
        lab.machine.pass(seconds: -20_000)
        try lab.machine.write(GoogleServices.subjectToken, to: "token")
        let file = lab.external(["file": "~/token"]).replacing("service_account_impersonation_url", lab.impersonation)
        let search = try lab.search(file: file)
        let first = try await search.found()
        lab.machine.pass(seconds: 3000)
        #expect(try await search.found() == first)
        lab.machine.pass(seconds: 550)
        #expect(try await search.found() != first)
    }

    /// What an account signs to become another is signed by the server's clock then.
    @Test(arguments: [-4000, 4000]) func aSignatureOfAnotherTime(seconds: Int) async throws {
        lab.machine.pass(seconds: seconds)
        let search = try lab.search(file: lab.impersonated(lab.account()))
        #expect(try await lab.reads(search))
        #expect(try await lab.room.asked().count == 2)
    }

    /// By how much it is off stands in every refusal.
    @Test func aRefusalAndAClockThatIsWrong() async throws {
        lab.machine.pass(seconds: -4000)
        let error = try await lab.search(file: lab.user.replacing("refresh_token", "old-geheim")).failure()
        #expect(error.code == .expiredCredentials && !error.message.contains("geheim"))
        #expect(error.message.contains("this machine's clock is 1h") && error.message.hasSuffix("behind theirs"))
    }

    /// Whoever reads does not wait for a service that says nothing, as long as the token that is there is good.
    @Test func aServiceThatSaysNothing() async throws {
        let search = try lab.search(file: lab.user)
        let first = try await search.found()
        let trouble: [String: any Sendable] = ["stall": true]
        try await lab.room.tell(["fail": ["token": trouble]])
        lab.machine.pass(seconds: 3600 - 200)
        let began = ContinuousClock.now
        for _ in 0..<100 { #expect(try await search.found() == first) }
        #expect(ContinuousClock.now - began < .seconds(5))
    }
}
