import Foundation
import HTTP
import Platform
import Synchronization
import TestSupport
import Testing

/// Hosts that have names, and the way to them.
struct HostTests {
    @Test func aNameThatManyWantAtOnce() async throws {
        let server = try ScriptedServer { request, connection in try connection.answer(200, [:], request.target) }
        var settings = HTTPSettings.forTests
        settings.connectionsPerHost = 40
        let client = HTTPClient(settings)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let address = HTTPAddress(isSecure: false, host: "localhost", port: server.port, path: "/\(number)")
                    let response = try await client.send(HTTPRequest(.get, address))
                    #expect(response.body == Array("/\(number)".utf8))
                }
            }
            try await group.waitForAll()
        }
        #expect(server.connections <= 40)
    }

    @Test func aNameThatNobodyKnowsHoldsUpNobody() async throws {
        var settings = HTTPSettings.forTests
        // However long this machine's name server takes to say so.
        settings.connectTimeoutMilliseconds = 60_000
        let client = HTTPClient(settings)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    let address = HTTPAddress(isSecure: false, host: "no-such-host.invalid")
                    let error = try? await client.failure(HTTPRequest(.get, address), retrying: .once)
                    #expect(error?.code == .unknownHost, "\(error?.message ?? "")")
                }
            }
        }
    }

    @Test func linkLocalAddressesAreAvoidedWhereThatIsAsked() async throws {
        // Only refusals are tested, since no test may speak to what is really there. The socket is never made.
        for host in ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]"] {
            var request = HTTPRequest(.get, HTTPAddress(isSecure: false, host: host))
            request.avoidsLinkLocal = true
            let error = try await HTTPClient.forTests.failure(request)
            #expect(error.code == .refused)
            #expect(error.attempts == 1)
        }
        let server = try ScriptedServer { _, connection in try connection.answer(200) }
        var request = HTTPRequest(.get, server.address())
        request.avoidsLinkLocal = true
        #expect(try await HTTPClient.forTests.send(request).status == 200)
    }

    @Test func theLoopHasItsNameAndGoesWithItsClient() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200) }
        let thread = SharedValue("")
        let name = SharedValue("")
        var request = HTTPRequest(.get, server.address())
        request.accept = { _ in
            thread.set((try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")) ?? "")
            name.set((try? TemporaryFolder.text(of: "/proc/thread-self/comm")) ?? "")
            return .sink()
        }
        do {
            let client = HTTPClient.forTests
            _ = try await client.send(request)
            #expect(name.get() == "http loop\n")
            #expect(FileManager.default.fileExists(atPath: "/proc/\(thread.get())"))
        }
        // The kernel takes a moment to forget one that has ended.
        for _ in 0..<500 where FileManager.default.fileExists(atPath: "/proc/\(thread.get())") {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(!FileManager.default.fileExists(atPath: "/proc/\(thread.get())"))
    }

    @Test func errorsSayWhereButNothingSecret() async throws {
        let server = try ScriptedServer { _, connection in connection.reset() }
        var request = HTTPRequest(.get, server.address("/bucket/key", query: "X-Amz-Signature=hunter2"))
        request.headers["Authorization"] = "Bearer hunter2"
        let error = try await HTTPClient.forTests.failure(request, retrying: .once)
        #expect(error.message.contains("GET http://127.0.0.1:\(server.port)/bucket/key: "))
        #expect(!"\(error)".contains("hunter2"))
    }

    /// Connections are kept for as many requests as there were at once.
    @Test func twoHundredAndFiftySixAtOnce() async throws {
        let server = try ScriptedServer { request, connection in
            if request.target == "/first" { ScriptedConnection.pause(milliseconds: 200) }
            try connection.answer(200, [:], "yes")
        }
        let client = HTTPClient.forTests
        for path in ["/first", "/second", "/third"] {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<256 {
                    group.addTask {
                        let response = try await client.send(HTTPRequest(.get, server.address(path)), retrying: .once)
                        #expect(response.body.count == 3)
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(server.connections <= 256)
        #expect(server.requests == 768)
    }
}
