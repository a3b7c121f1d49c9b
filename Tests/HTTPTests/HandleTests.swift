import Foundation
import HTTP
import Platform
import Synchronization
import TestSupport
import Testing

/// Handles and connections go from one request to the next; nothing of the one before may stay with them.
struct HandleTests {
    @Test func requestsOfAllKindsInTurn() async throws {
        let server = try ScriptedServer { request, connection in
            let told = [request.method, request.target, "<\(String(decoding: request.body, as: UTF8.self))>"]
                .joined(separator: " ")
            try connection.answer(200, ["X-Told": told], request.method == "HEAD" ? "" : told)
        }
        var settings = HTTPSettings.forTests
        settings.connectionsPerHost = 1
        let client = HTTPClient(settings)
        let methods: [HTTPMethod] = [.get, .head, .put, .post, .delete]
        for number in 0..<300 {
            // Each kind comes to stand behind each.
            let method = methods[(number * number + number / 3) % methods.count]
            var request = HTTPRequest(method, server.address("/\(number)"), headers: ["X-Number": "\(number)"])
            if method == .put || method == .post { request.body = .bytes(Array("body \(number)".utf8)) }
            if number % 4 < 2 { request.sink = .bytes(limit: 100) }
            let response = try await client.send(request)
            let body = request.body == nil ? "<>" : "<body \(number)>"
            #expect(response.headers["X-Told"] == "\(method.rawValue) /\(number) \(body)")
            #expect(response.body.isEmpty == (method == .head))
        }
    }

    @Test func connectionsThatTheServerClosesWhileTheyAreIdle() async throws {
        // Every third answer is the last of its connection, which the client hears of only later.
        let served = Atomic(0)
        let server = try ScriptedServer { request, connection in
            try connection.answer(200, [:], request.target)
            if served.add(1, ordering: .relaxed).newValue % 3 == 0 { connection.close() }
        }
        let client = HTTPClient.forTests
        for number in 0..<60 {
            // By name, so that sockets of the lookup come and go between those of connections.
            let address = HTTPAddress(isSecure: false, host: "localhost", port: server.port, path: "/\(number)")
            let response = try await client.send(HTTPRequest(.get, address))
            #expect(response.body == Array("/\(number)".utf8))
            if number % 7 == 0 { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test func manyAtOnceOverFewConnections() async throws {
        let server = try ScriptedServer { request, connection in try connection.answer(200, [:], request.target) }
        var settings = HTTPSettings.forTests
        settings.connectionsPerHost = 3
        let client = HTTPClient(settings)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                group.addTask {
                    let response = try await client.send(HTTPRequest(.get, server.address("/\(number)")))
                    #expect(response.body == Array("/\(number)".utf8))
                }
            }
            try await group.waitForAll()
        }
        #expect(server.connections <= 3)
    }
}
