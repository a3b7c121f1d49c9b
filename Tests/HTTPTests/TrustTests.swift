import Glibc
import HTTP
import Platform
import Synchronization
import TestSupport
import Testing

/// Whom we believe to be who they say they are.
struct TrustTests {
    let authority: TestAuthority

    init() throws {
        authority = try TestAuthority.shared.get()
    }

    func server(_ name: String, closing: Bool = false) throws -> ScriptedServer {
        try ScriptedServer(identity: authority.identity(name)) { _, connection in
            try connection.answer(200, closing ? ["Connection": "close"] : [:], "secret")
            if closing { connection.close() }
        }
    }

    func request(_ server: ScriptedServer, _ trust: TLSTrust, host: String = "localhost") -> HTTPRequest {
        var request = HTTPRequest(.get, HTTPAddress(isSecure: true, host: host, port: server.port))
        request.trust = trust
        return request
    }

    @Test(arguments: ["localhost", "127.0.0.1"]) func itsOwnAuthority(_ host: String) async throws {
        let server = try server("good")
        let response = try await HTTPClient.forTests.send(
            request(server, .authorities(file: authority.file), host: host))
        #expect(response.body == Array("secret".utf8))
    }

    @Test(arguments: ["good", "other", "expired"]) func anybody(_ name: String) async throws {
        let server = try server(name)
        #expect(try await HTTPClient.forTests.send(request(server, .anybody)).status == 200)
    }

    @Test func strangers() async throws {
        let client = HTTPClient.forTests
        for (name, trust) in [
            ("good", TLSTrust.system), ("other", .authorities(file: authority.file)),
            ("expired", .authorities(file: authority.file)),
        ] {
            let server = try server(name)
            let error = try await client.failure(request(server, trust))
            #expect(error.code == .untrusted, "\(error)")
            #expect(error.attempts == 1)
            #expect(server.requests == 0)
        }
    }

    @Test func authoritiesThatAreNotThere() async throws {
        let server = try server("good")
        let error = try await HTTPClient.forTests.failure(request(server, .authorities(file: "/no/such/ca.pem")))
        #expect(error.code == .untrusted)
        #expect(error.message.contains("/no/such/ca.pem"))
        #expect(error.attempts == 1)
    }

    @Test func aServerWithoutTLS() async throws {
        let server = try ScriptedServer { connection in
            try connection.send("HTTP/1.1 400 Bad\r\n\r\n")
            connection.close()
        }
        let error = try await HTTPClient.forTests.failure(request(server, .anybody), retrying: .once)
        #expect(error.code == .untrusted, "\(error)")
    }

    @Test func aHandshakeThatBreaks() async throws {
        let server = try ScriptedServer { connection in
            _ = try connection.read(10)
            connection.reset()
        }
        let error = try await HTTPClient.forTests.failure(request(server, .anybody), retrying: .once)
        #expect(error.code == .connectionLost, "\(error)")
    }

    /// A connection that was opened without looking at its certificate must serve nobody who looks, nor the other way.
    @Test func connectionsAreNotSharedBetweenKindsOfTrust() async throws {
        let server = try server("good")
        let client = HTTPClient.forTests
        for _ in 0..<2 { _ = try await client.send(request(server, .anybody)) }
        #expect(server.connections == 1)
        for _ in 0..<2 { _ = try await client.send(request(server, .authorities(file: authority.file))) }
        #expect(server.connections == 2)
        #expect(try await client.failure(request(server, .system)).code == .untrusted)
        _ = try await client.send(request(server, .anybody))
        #expect(server.requests == 5)
    }

    /// Reading the system's authorities takes 18 ms of CPU; 40 connections must not pay for that 40 times.
    @Test func authoritiesAreReadOnce() async throws {
        let folder = try TemporaryFolder()
        let bundle = try? TemporaryFolder.text(of: "/etc/ssl/certs/ca-certificates.crt")
        try folder.write((bundle ?? "") + TemporaryFolder.text(of: authority.file), to: "all.pem")
        let plain = try ScriptedServer { _, connection in try connection.answer(200) }
        let secure = try server("good", closing: true)
        let client = HTTPClient.forTests
        for trust in [TLSTrust.system, .authorities(file: folder.path("all.pem"))] {
            _ = try? await client.send(request(secure, trust))
            let before = try await loopTime(client, plain)
            for _ in 0..<40 { _ = try? await client.send(request(secure, trust)) }
            let spent = try await loopTime(client, plain) - before
            #expect(spent < 40 * 0.006, "\(spent) s")
        }
        #expect(secure.requests == 41)
    }

    /// CPU seconds that the client's loop has used.
    private func loopTime(_ client: HTTPClient, _ server: ScriptedServer) async throws -> Double {
        let spent = SharedValue(0.0)
        var request = HTTPRequest(.get, server.address())
        request.accept = { _ in
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            spent.set(Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
            return .sink()
        }
        _ = try await client.send(request)
        return spent.get()
    }
}
