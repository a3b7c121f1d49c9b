import HTTP
import Platform
import Synchronization
import TestSupport
import Testing

/// How long nobody at all is waited for: seconds while somebody only asks, minutes while bytes move.
struct PatienceTests {
    private let time = FakeTime()

    private func client(chance: Int = 100) -> HTTPClient {
        var settings = HTTPSettings()
        settings.retries = .patient
        return HTTPClient(settings, timing: time.timing(chance: chance))
    }

    private func nobody() throws -> HTTPRequest {
        HTTPRequest(.get, HTTPAddress(isSecure: false, host: "127.0.0.1", port: try FreePorts.take(1)[0]))
    }

    private func ask(_ client: HTTPClient, _ request: HTTPRequest) async throws -> HTTPError {
        try await Patience.$current.withValue(.asking) { try await client.failure(request) }
    }

    /// A server that is just starting has two seconds at least.
    @Test(arguments: [(100, [300, 600, 1200, 2400]), (0, [150, 300, 600, 1200])])
    func aStrangerWhoRefusesIsToldWithinSeconds(chance: Int, waits: [Int]) async throws {
        let error = try await ask(client(chance: chance), nobody())
        #expect(error.code == .cannotConnect || error.code == .connectionLost)
        #expect(error.attempts == 5)
        #expect(time.waited == waits)
    }

    @Test func soIsANameThatNobodyKnows() async throws {
        let unknown = HTTPRequest(.get, HTTPAddress(isSecure: false, host: "no-such-host.invalid"))
        #expect(try await ask(client(), unknown).code == .unknownHost)
        #expect(time.waited.reduce(0, +) <= 5000)
    }

    /// Packets that vanish take all of the time to connect; that is asked of nobody twice.
    @Test func silenceIsWaitedForOnce() async throws {
        let full = try FullListener()
        let request = HTTPRequest(.get, HTTPAddress(isSecure: false, host: "127.0.0.1", port: full.port))
        var settings = HTTPSettings.forTests
        settings.connectTimeoutMilliseconds = 100
        settings.retries.deadlineMilliseconds = 50
        let client = HTTPClient(settings)
        #expect(try await ask(client, request).attempts == 1)
        let second = try await ask(client, request)
        #expect(second.code == .cannotConnect)
        #expect(second.attempts == 0)
    }

    /// Somebody may mend the network while a long-lived program asks now and then.
    @Test func aVerdictHoldsForAMoment() async throws {
        let client = client()
        let request = try nobody()
        _ = try await ask(client, request)
        #expect(try await ask(client, request).attempts == 0)
        await time.timing().wait(30_000)
        #expect(try await ask(client, request).attempts == 5)
    }

    /// A long listing is worth as much patience as a copy.
    @Test func whoHasAnsweredIsWaitedFor() async throws {
        let client = client()
        var server: ScriptedServer? = try ScriptedServer { request, connection in
            try connection.answer(200, ["Connection": "close"])
            connection.close()
        }
        let request = HTTPRequest(.get, try #require(server).address())
        try await Patience.$current.withValue(.asking) { _ = try await client.send(request) }
        server = nil
        _ = try await ask(client, request)
        #expect(time.waited.reduce(0, +) > 200_000)
    }

    /// However unlucky the waits: they end with the time and not with a number of attempts.
    @Test(arguments: [100, 10]) func whatMovesRidesOutMinutes(chance: Int) async throws {
        let error = try await client(chance: chance).failure(nobody())
        #expect(error.attempts > 10)
        #expect((270_000...300_000).contains(time.waited.reduce(0, +)), "\(time.waited)")
    }

    /// Who was away for long and stumbles when they are back is asked as often as others.
    @Test func anOutageIsForgiven() async throws {
        let port = try FreePorts.take(1)[0]
        let back = Mutex<ScriptedServer?>(nil)
        let answers = Atomic(0)
        let usual = time.timing()
        let timing = RetryTiming(
            milliseconds: usual.milliseconds, secondsSince1970: usual.secondsSince1970,
            wait: { [time] milliseconds in
                await usual.wait(milliseconds)
                guard time.waited.count == 17 else { return }
                back.withLock { server in
                    server = try? ScriptedServer(port: port) { connection in
                        while try connection.readHead() != nil {
                            let count = answers.add(1, ordering: .relaxed).newValue
                            try connection.answer(count < 9 ? 503 : 200)
                        }
                    }
                }
            }, random: usual.random)
        var settings = HTTPSettings()
        settings.retries = .patient
        let request = HTTPRequest(.get, HTTPAddress(isSecure: false, host: "127.0.0.1", port: port))
        let response = try await HTTPClient(settings, timing: timing).send(request)
        #expect(response.status == 200)
        #expect(response.attempts == 17 + 9)
    }

    /// A resolver may be down as any other service.
    @Test func aNameThatIsUnknownForAWhileIsWaitedFor() async throws {
        let unknown = HTTPRequest(.get, HTTPAddress(isSecure: false, host: "no-such-host.invalid"))
        let error = try await client().failure(unknown)
        #expect(error.code == .unknownHost && error.attempts > 10)
        #expect((270_000...300_000).contains(time.waited.reduce(0, +)), "\(time.waited)")
    }

    /// A server that is there and refuses is not an outage.
    @Test func answersCountAsBefore() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(503) }
        for patience in [Patience.asking, .moving] {
            let response = try await Patience.$current.withValue(patience) {
                try await client().send(HTTPRequest(.get, server.address()))
            }
            #expect(response.attempts == 10)
        }
    }
}
