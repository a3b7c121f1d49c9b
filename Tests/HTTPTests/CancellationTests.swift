import Glibc
import HTTP
import Platform
import TestSupport
import Testing

/// A task may be cancelled at any moment; when its request has returned, nothing is written any more.
struct CancellationTests {
    func cancelled(
        _ client: HTTPClient, _ request: HTTPRequest, after milliseconds: UInt64?
    ) async -> HTTPError.Code? {
        let task = Task {
            do throws(HTTPError) {
                _ = try await client.send(request)
                return HTTPError.Code?.none
            } catch {
                return error.code
            }
        }
        if let milliseconds { try? await Task.sleep(nanoseconds: milliseconds * 1_000_000) }
        task.cancel()
        return await task.value
    }

    @Test(arguments: [nil, 0, 1, 50]) func inTheBody(_ milliseconds: UInt64?) async throws {
        let server = try ScriptedServer { _, connection in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            while true { try connection.send([UInt8](repeating: 1, count: 10_000)) }
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 100_000_000, alignment: 16)
        defer { memory.deallocate() }
        let client = HTTPClient.forTests
        let request = HTTPRequest(.get, server.address(), sink: .memory(memory))
        let code = await cancelled(client, request, after: milliseconds)
        // It may have been faster.
        #expect(code == .cancelled || code == nil)
        memset(memory.baseAddress!, 9, memory.count)
        usleep(50_000)
        // All are 9 when the first is and each is as the one before it.
        #expect(memory[0] == 9 && memcmp(memory.baseAddress!, memory.baseAddress! + 1, memory.count - 1) == 0)
    }

    @Test func beforeTheAnswer() async throws {
        let server = try ScriptedServer { $0.stall() }
        let code = await cancelled(.forTests, HTTPRequest(.get, server.address()), after: 50)
        #expect(code == .cancelled)
    }

    @Test func whileConnecting() async throws {
        let full = try FullListener()
        let address = HTTPAddress(isSecure: false, host: "127.0.0.1", port: full.port)
        #expect(await cancelled(.forTests, HTTPRequest(.get, address), after: 50) == .cancelled)
        var settings = HTTPSettings.forTests
        settings.connectTimeoutMilliseconds = 200
        let error = try await HTTPClient(settings).failure(HTTPRequest(.post, address), retrying: .once)
        #expect(error.code == .cannotConnect)
    }

    @Test func inTheLineForAConnection() async throws {
        let server = try ScriptedServer { $0.stall() }
        var settings = HTTPSettings.forTests
        settings.connectionsPerHost = 1
        // However long this machine takes for what follows, the first is not asked again.
        settings.stallMilliseconds = 600_000
        let client = HTTPClient(settings)
        let first = Task { try? await client.send(HTTPRequest(.get, server.address())) }
        try await Task.sleep(nanoseconds: 30_000_000)
        let code = await cancelled(client, HTTPRequest(.get, server.address("/2")), after: 50)
        #expect(code == .cancelled)
        first.cancel()
        _ = await first.value
        #expect(server.connections == 1)
    }

    @Test func whileWaitingForTheNextAttempt() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(503, ["Retry-After": "100"]) }
        let code = await cancelled(.forTests, HTTPRequest(.get, server.address()), after: 100)
        #expect(code == .cancelled)
    }

    @Test func whileUploading() async throws {
        let server = try ScriptedServer { connection in
            _ = try connection.readHead()
            try connection.send("HTTP/1.1 100 Continue\r\n\r\n")
            ScriptedConnection.pause(milliseconds: 300)
        }
        let body = ByteSource.bytes([UInt8](repeating: 1, count: 50_000_000))
        let code = await cancelled(
            .forTests, HTTPRequest(.put, server.address(), body: body), after: 100)
        #expect(code == .cancelled)
    }

    @Test func aClientThatIsClosed() async throws {
        let server = try ScriptedServer { $0.stall() }
        let client = HTTPClient.forTests
        async let outcome = client.failure(HTTPRequest(.get, server.address()))
        try await Task.sleep(nanoseconds: 50_000_000)
        client.close()
        #expect(try await outcome.code == .cancelled)
        #expect(try await client.failure(HTTPRequest(.get, server.address())).code == .cancelled)
    }

    @Test func othersGoOn() async throws {
        let server = try ScriptedServer { request, connection in
            if request.target == "/slow" { ScriptedConnection.pause(milliseconds: 300) }
            try connection.answer(200, [:], request.target)
        }
        let client = HTTPClient.forTests
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    if number % 2 == 0 {
                        _ = await cancelled(client, HTTPRequest(.get, server.address("/slow")), after: 20)
                    } else {
                        let response = try? await client.send(HTTPRequest(.get, server.address("/\(number)")))
                        #expect(response?.body == Array("/\(number)".utf8))
                    }
                }
            }
        }
    }
}
