import HTTP
import Platform
import Synchronization
import TestSupport
import Testing

/// What is tried again, how often, and after how long.
struct RetryTests {
    @Test(arguments: [408, 429, 500, 502, 503, 504]) func temporaryAnswers(_ status: Int) async throws {
        let server = try ScriptedServer { request, connection in
            try connection.answer(request.number < 4 ? status : 200, [:], "x")
        }
        let time = FakeTime()
        let client = HTTPClient(HTTPSettings(), timing: time.timing())
        let response = try await client.send(HTTPRequest(.get, server.address()))
        #expect(response.status == 200)
        #expect(response.attempts == 4)
        #expect(time.waited == [100, 200, 400])
        #expect(server.connections == 1)
    }

    /// What fails again and again is told of while it is made again, until something succeeds.
    @Test func troubleIsTold() async throws {
        let server = try ScriptedServer { request, connection in
            try connection.answer(request.number < 6 ? 503 : 200, [:], "x")
        }
        let client = HTTPClient(HTTPSettings(), timing: FakeTime().timing())
        let meter = HTTPMeter()
        let told = Mutex<[String]>([])
        meter.whenTroubled { trouble in told.withLock { $0.append(trouble) } }
        var request = HTTPRequest(.get, server.address())
        request.meter = meter
        #expect(try await client.send(request).status == 200)
        let all = told.withLock { $0 }
        #expect(
            all.count == 3
                && all.dropFirst() == ["the server answers with status 503", "the server answers with status 503"])
        #expect(meter.trouble == nil && meter.retries == 5)
        var policy = RetryPolicy()
        policy.attempts = 4
        let down = try ScriptedServer { _, connection in try connection.answer(503) }
        request.address = down.address()
        #expect(try await client.send(request, retrying: policy).status == 503)
        #expect(meter.trouble == "the server answers with status 503")
    }

    @Test(arguments: [301, 304, 400, 401, 403, 404, 409, 412, 416, 501]) func finalAnswers(_ status: Int) async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(status) }
        let response = try await HTTPClient.forTests.send(HTTPRequest(.get, server.address()))
        #expect(response.status == status)
        #expect(response.attempts == 1)
    }

    @Test func waitsAreRandomAndDoNotGrowForEver() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(503) }
        let time = FakeTime()
        var policy = RetryPolicy()
        policy.attempts = 11
        let client = HTTPClient(HTTPSettings(), timing: time.timing(chance: 50))
        let response = try await client.send(HTTPRequest(.get, server.address()), retrying: policy)
        #expect(response.status == 503)
        #expect(response.attempts == 11)
        #expect(time.waited == [50, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
    }

    @Test func noAttemptBeginsAfterTheDeadline() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(503) }
        let time = FakeTime()
        var policy = RetryPolicy()
        policy.deadlineMilliseconds = 1000
        let client = HTTPClient(HTTPSettings(), timing: time.timing())
        let response = try await client.send(HTTPRequest(.get, server.address()), retrying: policy)
        #expect(response.attempts == 4)
        #expect(time.waited == [100, 200, 400])
    }

    /// What takes an hour can be lost in its last minute.
    @Test func timeInWhichBytesMoveIsNotCounted() async throws {
        let time = FakeTime()
        let tries = Atomic(0)
        let server = try ScriptedServer { _, connection in
            time.pass(milliseconds: 3_600_000)
            if tries.add(1, ordering: .relaxed).newValue < 4 { return connection.close() }
            try connection.answer(200)
        }
        let client = HTTPClient(HTTPSettings(), timing: time.timing())
        #expect(try await client.send(HTTPRequest(.get, server.address())).attempts == 4)
    }

    @Test(
        arguments: [
            ("3", [3100]), ("0", [100]), ("Sun, 06 Nov 1994 08:49:57 GMT", [20_100]),
            ("Sun, 06 Nov 1994 08:00:00 GMT", [100]), ("soon", [100]), ("-1", [100]), ("121", []),
        ])
    func retryAfterIsHonoured(_ value: String, _ waits: [Int]) async throws {
        let server = try ScriptedServer { request, connection in
            try connection.answer(request.number == 1 ? 503 : 200, ["Retry-After": value])
        }
        let time = FakeTime()
        let client = HTTPClient(HTTPSettings(), timing: time.timing())
        let response = try await client.send(HTTPRequest(.get, server.address()))
        #expect(response.status == (waits.isEmpty ? 503 : 200))
        #expect(time.waited == waits)
    }

    @Test func aBudgetBoundsWhatAllRepeatTogether() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(503) }
        let time = FakeTime()
        var settings = HTTPSettings()
        settings.budget.tokens = 5
        settings.budget.perSecond = 1
        let client = HTTPClient(settings, timing: time.timing(chance: 0))
        var policy = RetryPolicy()
        policy.attempts = 9
        // The first five cost nothing, then each waits for its second.
        _ = try await client.send(HTTPRequest(.get, server.address()), retrying: policy)
        #expect(time.waited == [1000, 1000, 1000])
        #expect(server.requests == 9)
        policy.deadlineMilliseconds = 500
        #expect(try await client.send(HTTPRequest(.get, server.address()), retrying: policy).attempts == 1)
    }

    @Test func successesFillTheBudget() async throws {
        let server = try ScriptedServer { request, connection in
            try connection.answer(request.target == "/good" ? 200 : 503)
        }
        var settings = HTTPSettings()
        settings.budget.tokens = 1
        settings.budget.perSecond = 0
        settings.budget.perSuccess = 0.5
        let time = FakeTime()
        let client = HTTPClient(settings, timing: time.timing())
        #expect(try await client.send(HTTPRequest(.get, server.address())).attempts == 2)
        #expect(try await client.send(HTTPRequest(.get, server.address())).attempts == 1)
        for _ in 0..<2 { _ = try await client.send(HTTPRequest(.get, server.address("/good"))) }
        #expect(try await client.send(HTTPRequest(.get, server.address())).attempts == 2)
    }

    // MARK: What must not happen twice

    @Test func whatIsNotIdempotentIsNotSentAgainOnceItWentOut() async throws {
        let server = try ScriptedServer { _, connection in connection.reset() }
        for body in [nil, ByteSource.bytes([1, 2, 3])] {
            let before = server.requests
            let error = try await HTTPClient.forTests.failure(HTTPRequest(.post, server.address(), body: body))
            #expect(error.code == .connectionLost)
            #expect(error.attempts == 1)
            #expect(server.requests == before + 1)
        }
    }

    /// The situation in which curl sends a request again by itself: a kept connection dies just when it is used.
    @Test(arguments: [nil, ByteSource.bytes([1, 2, 3])]) func alsoOnAKeptConnection(_ body: ByteSource?) async throws {
        let server = try ScriptedServer { request, connection in
            if request.method == "GET" { return try connection.answer(200) }
            connection.close()
        }
        let client = HTTPClient.forTests
        _ = try await client.send(HTTPRequest(.get, server.address()))
        let error = try await client.failure(HTTPRequest(.post, server.address(), body: body))
        #expect(error.code == .connectionLost)
        #expect(server.requests == 2)
        // What does no harm is sent again, and no attempt is lost for it.
        let other = try ScriptedServer { request, connection in
            if request.number == 2 { return connection.close() }
            try connection.answer(200)
        }
        _ = try await client.send(HTTPRequest(.get, other.address()))
        let response = try await client.send(HTTPRequest(.put, other.address(), body: body))
        #expect(other.requests == 3)
        // But what came of it the first time nobody knows.
        #expect(response.attempts == 2)
    }

    /// A service that has a say in each attempt has it in this one too.
    @Test func aKeptConnectionAndARequestThatIsPreparedEachTime() async throws {
        let server = try ScriptedServer { request, connection in
            if request.number == 2 { return connection.close() }
            try connection.answer(200, ["X-Attempt": request["X-Attempt"] ?? ""])
        }
        let client = HTTPClient.forTests
        _ = try await client.send(HTTPRequest(.get, server.address()))
        var request = HTTPRequest(.put, server.address(), body: .bytes([1, 2, 3]))
        request.isPreparedEachTime = true
        let response = try await client.send(request, to: Service(verdict: .usual))
        #expect(response.headers["X-Attempt"] == "2" && response.attempts == 2 && server.requests == 3)
    }

    @Test(arguments: [(429, 2), (503, 2), (408, 2), (500, 1), (502, 1), (504, 1)])
    func refusalsMeanThatNothingWasDone(_ status: Int, _ attempts: Int) async throws {
        let server = try ScriptedServer { request, connection in
            try connection.answer(request.number == 1 ? status : 200)
        }
        let response = try await HTTPClient.forTests.send(HTTPRequest(.post, server.address(), body: .bytes([1])))
        #expect(response.attempts == attempts)
    }

    // MARK: What the service says

    struct Service: HTTPService {
        var verdict: HTTPVerdict
        var prepared: @Sendable (Int) throws(HTTPError) -> Void = { (_) throws(HTTPError) in }

        func prepare(_ request: HTTPRequest, attempt: Int) async throws(HTTPError) -> HTTPRequest {
            try prepared(attempt)
            var request = request
            request.headers["X-Attempt"] = "\(attempt)"
            return request
        }

        func judge(_ response: HTTPResponse, to request: HTTPRequest) async -> HTTPVerdict { verdict }
    }

    @Test func verdicts() async throws {
        let server = try ScriptedServer { request, connection in
            try connection.answer(request["X-Attempt"] == "3" ? 200 : request.target == "/503" ? 503 : 400)
        }
        let client = HTTPClient.forTests
        func attempts(_ path: String, _ verdict: HTTPVerdict) async throws -> Int {
            try await client.send(HTTPRequest(.post, server.address(path)), to: Service(verdict: verdict)).attempts
        }
        #expect(try await attempts("/400", .usual) == 1)
        #expect(try await attempts("/400", .busy) == 3)
        #expect(try await attempts("/400", .mended) == 3)
        #expect(try await attempts("/503", .final) == 1)
        #expect(try await attempts("/503", .usual) == 3)
    }

    @Test func nothingIsMendedForEver() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(403) }
        let time = FakeTime()
        let client = HTTPClient(HTTPSettings(), timing: time.timing())
        let response = try await client.send(
            HTTPRequest(.get, server.address()), to: Service(verdict: .mended))
        #expect(response.status == 403)
        #expect(response.attempts == 6)
        #expect(time.waited.isEmpty)
    }

    @Test func withoutASignatureNothingIsSent() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200) }
        let service = Service(verdict: .usual) { (_) throws(HTTPError) in throw HTTPError(.unauthorized, "no key") }
        let error = await #expect(throws: HTTPError.self) {
            try await HTTPClient.forTests.send(HTTPRequest(.get, server.address()), to: service)
        }
        #expect(error?.code == .unauthorized)
        #expect(server.requests == 0)
    }
}
