import Glibc
import HTTP
import Platform
import TestSupport
import Testing

/// Servers and networks that do not do what they should. What is retried succeeds at the second attempt here.
struct FailureTests {
    static let answer =
        "HTTP/1.1 200 OK\r\nContent-Length: 40\r\nX-A: b\r\n\r\n0123456789012345678901234567890123456789"

    @Test(arguments: [0, 1, 8, 15, 17, 30, 50, 51, 52, 70, 86]) func resetAfter(_ count: Int) async throws {
        let server = try ScriptedServer { request, connection in
            guard request.number == 1 else { return try connection.send(Self.answer) }
            try connection.send(Self.answer.utf8.prefix(count))
            ScriptedConnection.pause(milliseconds: 20)
            connection.reset()
        }
        let response = try await HTTPClient.forTests.send(HTTPRequest(.get, server.address()))
        #expect(response.body.count == 40)
        #expect(response.attempts == 2)
    }

    @Test func resetEveryTime() async throws {
        let server = try ScriptedServer { _, connection in connection.reset() }
        var policy = RetryPolicy.once
        policy.attempts = 3
        policy.baseMilliseconds = 1
        let error = try await HTTPClient.forTests.failure(HTTPRequest(.get, server.address()), retrying: policy)
        #expect(error.code == .connectionLost)
        #expect(error.attempts == 3)
        #expect(error.isRetryable)
    }

    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n0123456789", HTTPError.Code.cutShort),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n01", .cutShort),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n", .cutShort),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n01234\r\n0\r\n\r\n", .connectionLost),
            ("HTTP/1.1 200 OK\r\nContent-", .connectionLost),
            ("", .connectionLost),
            ("SSH-2.0-OpenSSH_9.2\r\n", .malformed),
            ("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n0123456789", .malformed),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n0123", .malformed),
            ("HTTP/1.1 twohundred\r\n\r\n", .malformed),
        ])
    func badAnswers(_ text: String, _ code: HTTPError.Code) async throws {
        let server = try ScriptedServer { request, connection in
            try connection.send(text)
            connection.close()
        }
        let error = try await HTTPClient.forTests.failure(HTTPRequest(.get, server.address()), retrying: .once)
        #expect(error.code == code, "\(error)")
        #expect(error.isRetryable)
    }

    @Test func aHeadWithoutEnd() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.send("HTTP/1.1 200 OK\r\n")
            while true { try connection.send("X-More: " + String(repeating: "x", count: 1000) + "\r\n") }
        }
        let error = try await HTTPClient.forTests.failure(HTTPRequest(.get, server.address()), retrying: .once)
        #expect(error.code == .malformed || error.code == .connectionLost, "\(error)")
    }

    @Test func tooFewBytesForWhoAsked() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(206, [:], "0123456789") }
        var request = HTTPRequest(.get, server.address())
        request.accept = { _ in .sink(expected: 11) }
        let error = try await HTTPClient.forTests.failure(request, retrying: .once)
        #expect(error.code == .cutShort)
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n01234"])
    func stalls(_ text: String) async throws {
        let server = try ScriptedServer { request, connection in
            guard request.number == 1 else { return try connection.send(Self.answer) }
            try connection.send(text)
            connection.stall()
        }
        var settings = HTTPSettings.forTests
        settings.stallMilliseconds = 300
        let response = try await HTTPClient(settings).send(HTTPRequest(.get, server.address()))
        #expect(response.attempts == 2)
        let dead = try ScriptedServer { connection in connection.stall() }
        let error = try await HTTPClient(settings).failure(HTTPRequest(.get, dead.address()), retrying: .once)
        #expect(error.code == .stalled)
        #expect(error.isRetryable)
    }

    @Test func aDripIsAStall() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while true {
                try connection.send("x")
                ScriptedConnection.pause(milliseconds: 20)
            }
        }
        var settings = HTTPSettings.forTests
        settings.stallMilliseconds = 400
        let error = try await HTTPClient(settings).failure(HTTPRequest(.get, server.address()), retrying: .once)
        #expect(error.code == .stalled)
    }

    @Test func slowButSteadyIsNoStall() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n")
            for _ in 0..<20 {
                try connection.send([UInt8](repeating: 1, count: 1000))
                ScriptedConnection.pause(milliseconds: 60)
            }
        }
        var settings = HTTPSettings.forTests
        settings.stallMilliseconds = 600
        let response = try await HTTPClient(settings).send(HTTPRequest(.get, server.address()), retrying: .once)
        #expect(response.count == 20_000)
    }

    @Test func anAnswerMayTakeItsTimeWhereItIsSaid() async throws {
        let server = try ScriptedServer { _, connection in
            ScriptedConnection.pause(milliseconds: 700)
            try connection.answer(200, [:], "done")
        }
        var settings = HTTPSettings.forTests
        settings.stallMilliseconds = 200
        var request = HTTPRequest(.post, server.address(), body: .bytes([1, 2, 3]))
        request.answerMilliseconds = 20_000
        #expect(try await HTTPClient(settings).send(request, retrying: .once).status == 200)
    }

    /// A service that works on its answer says 200, and then a space now and then. Silence is a stall all the same.
    @Test(arguments: [true, false]) func spacesAreNoStall(mayTrickle: Bool) async throws {
        let server = try ScriptedServer { _, connection in
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<12 {
                ScriptedConnection.pause(milliseconds: 50)
                try connection.send("1\r\n \r\n")
            }
            try connection.send("4\r\ndone\r\n0\r\n\r\n")
        }
        var settings = HTTPSettings.forTests
        settings.stallMilliseconds = 200
        var request = HTTPRequest(.post, server.address(), body: .bytes([1, 2, 3]))
        request.answerMilliseconds = 20_000
        request.answerMayTrickle = mayTrickle
        let client = HTTPClient(settings)
        if mayTrickle {
            let response = try await client.send(request, retrying: .once)
            #expect(String(decoding: response.body, as: UTF8.self) == String(repeating: " ", count: 12) + "done")
        } else {
            #expect(try await client.failure(request, retrying: .once).code == .stalled)
        }
    }

    @Test func silenceBehindTheHeadIsAStall() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n \r\n")
            connection.stall()
        }
        var settings = HTTPSettings.forTests
        settings.stallMilliseconds = 50
        var request = HTTPRequest(.put, server.address())
        request.answerMilliseconds = 200
        request.answerMayTrickle = true
        #expect(try await HTTPClient(settings).failure(request, retrying: .once).code == .stalled)
    }

    @Test func nobodyThereAndThenSomebody() async throws {
        let port = try FreePorts.take(1)[0]
        let time = FakeTime()
        let timing = RetryTiming(
            milliseconds: time.timing().milliseconds, secondsSince1970: { 0 },
            wait: { _ in ScriptedConnection.pause(milliseconds: 50) }, random: { $0 })
        let client = HTTPClient(.forTests, timing: timing)
        let address = HTTPAddress(isSecure: false, host: "127.0.0.1", port: port)
        let error = try await client.failure(HTTPRequest(.get, address), retrying: .once)
        #expect(error.code == .cannotConnect || error.code == .connectionLost)
        async let response = client.send(HTTPRequest(.post, address))
        let server = try ScriptedServer(port: port) { connection in
            while try connection.readHead() != nil { try connection.answer(200) }
        }
        #expect(try await response.status == 200)
        withExtendedLifetime(server) {}
    }

    @Test func unknownHost() async throws {
        let address = try HTTPAddress(parsing: "http://no-such-host.invalid/x?signature=secret")
        let error = try await HTTPClient.forTests.failure(HTTPRequest(.get, address), retrying: .once)
        #expect(error.code == .unknownHost)
        #expect(error.message.contains("no-such-host.invalid/x"))
        #expect(!error.message.contains("secret"))
    }

    @Test func linesCannotBeSmuggled() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200) }
        let client = HTTPClient.forTests
        for line in [("X-A", "b\r\nX-C: d"), ("X-A\r\nB", "c"), ("X A", "c"), ("", "c"), ("X-A", "b\0")] {
            var request = HTTPRequest(.get, server.address())
            request.headers.add(line.0, line.1)
            #expect(try await client.failure(request).isRetryable == false)
        }
        var request = HTTPRequest(.get, server.address("/a b"))
        #expect(try await client.failure(request).code == .malformed)
        request = HTTPRequest(.get, server.address("/a\r\nX-C: d"))
        #expect(try await client.failure(request).code == .malformed)
        #expect(server.requests == 0)
    }
}
