import HTTP
import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing

/// Where servers send us, and what goes along.
struct WebRedirectTests {
    private static func redirect(_ status: Int, _ location: String, _ connection: ScriptedConnection) throws {
        try connection.send("HTTP/1.1 \(status) There\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n")
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func everyKind(status: Int) async throws {
        let server = try ScriptedServer { request, connection in
            switch request.target {
            case "/file": try Self.redirect(status, "/there/../b?q=1", connection)
            case "/b?q=1": try WebFile("0123456789").answer(request, connection)
            default: try connection.answer(404, [:], "")
            }
        }
        let store = try WebTestStore.make(server)
        #expect(try await store.stat("file").size == 10)
        #expect(try await store.text("file", ReadRange(from: 2, count: 3)) == "234")
    }

    /// All parts of a file are asked for where the first was found, as long as that is good; then the way is gone again.
    @Test func theWayIsGoneOnce() async throws {
        let walks = Mutex(0)
        let reads = Mutex(0)
        let server = try ScriptedServer { request, connection in
            guard request.target.hasPrefix("/signed") else {
                let number = walks.withLock { count in
                    count += 1
                    return count
                }
                return try Self.redirect(302, "/signed?\(number)", connection)
            }
            let number = reads.withLock { count in
                count += 1
                return count
            }
            // The first address ends to be good after three parts.
            if request.target == "/signed?1", number > 3 { return try connection.answer(403, [:], "expired") }
            var file = WebFile("0123456789")
            file.tag = "\"v\""
            try file.answer(request, connection)
        }
        let store = try WebTestStore.make(server)
        for start in 0..<6 {
            let part = try await store.text("file", ReadRange(from: start, count: 1), of: ObjectVersion("\"v\""))
            #expect(part == "\(start)")
        }
        #expect(walks.withLock { $0 } == 2)
        #expect(reads.withLock { $0 } == 7)
    }

    /// An address that was good and is gone for good is refused by the server that sends there, and by no memory of ours.
    @Test func whatIsGoneIsGone() async throws {
        let isThere = Mutex(true)
        let server = try ScriptedServer { request, connection in
            if request.target == "/file" { return try Self.redirect(302, "/there", connection) }
            guard isThere.withLock({ $0 }) else { return try connection.answer(404, [:], "") }
            try WebFile("0123456789").answer(request, connection)
        }
        let store = try WebTestStore.make(server)
        #expect(try await store.text("file") == "0123456789")
        isThere.withLock { $0 = false }
        await expectFailure(.notFound) { () throws(StoreError) in try await store.text("file") }
        #expect(server.requests == 5)
    }

    @Test func tenAreFollowedAndNoMore() async throws {
        for (count, isTooMuch) in [(10, false), (11, true)] {
            let server = try ScriptedServer { request, connection in
                let number = Int(request.target.dropFirst()) ?? 0
                if number < count { return try Self.redirect(302, "/\(number + 1)", connection) }
                try WebFile("x").answer(request, connection)
            }
            let store = try WebTestStore.make(server, "/0")
            if isTooMuch {
                await expectFailure(.unreachable) { () throws(StoreError) in try await store.stat("file") }
            } else {
                #expect(try await store.stat("file").size == 1)
            }
        }
    }

    /// The task's headers are for the URL's own server.
    @Test func headersStayAtHome() async throws {
        let seen = Mutex<[String]>([])
        let other = try ScriptedServer { request, connection in
            seen.withLock { $0.append("other \(request["Authorization"] ?? "-") \(request["Cookie"] ?? "-")") }
            try WebFile("x").answer(request, connection)
        }
        let port = other.port
        let server = try ScriptedServer { request, connection in
            seen.withLock { $0.append("own \(request["Authorization"] ?? "-") \(request["Cookie"] ?? "-")") }
            let next = request.target == "/file" ? "/next" : "http://127.0.0.1:\(port)/x"
            try connection.send(
                "HTTP/1.1 302 There\r\nLocation: \(next)\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")
        }
        var settings = WebSettings()
        settings.headers = ["Authorization": "Bearer hush"]
        let store = try WebTestStore.make("http://127.0.0.1:\(server.port)/file", settings)
        #expect(try await store.stat("file").size == 1)
        #expect(seen.withLock { $0 } == ["own Bearer hush -", "own Bearer hush -", "other - -"])
    }

    @Test(arguments: [
        "http://169.254.169.254/latest", "http://[fd00:ec2::254]/", "http://metadata.google.internal/",
        "http://0xA9FEA9FE/", "http://2852039166/", "http://[::ffff:169.254.169.254]/", "ftp://host/x", "file:///etc/x",
        "http://user:hush@host/x",
    ])
    func placesThatAreRefused(location: String) async throws {
        let server = try ScriptedServer { _, connection in try Self.redirect(302, location, connection) }
        let store = try WebTestStore.make(server)
        do throws(StoreError) {
            _ = try await store.stat("file")
            Issue.record("should have failed")
        } catch {
            #expect(error.code == .unsupported, "\(error)")
            #expect(!error.message.contains("hush"), "\(error)")
        }
        #expect(server.requests == 1)
    }

    @Test func nowhere() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.send("HTTP/1.1 302 There\r\nContent-Length: 0\r\n\r\n")
        }
        let store = try WebTestStore.make(server)
        await expectFailure(.inputOutput) { () throws(StoreError) in try await store.stat("file") }
    }

    @Test func fromSecureToPlain() async throws {
        let plain = try ScriptedServer { try WebFile("x").answer($0, $1) }
        let authority = try TestAuthority.shared.get()
        let location = "http://127.0.0.1:\(plain.port)/file"
        let server = try ScriptedServer(identity: try authority.identity("good")) { _, connection in
            try Self.redirect(302, location, connection)
        }
        var settings = WebSettings()
        settings.trust = .authorities(file: authority.file)
        let store = try WebTestStore.make("https://localhost:\(server.port)/file", settings)
        await expectFailure(.unsupported) { () throws(StoreError) in try await store.stat("file") }
        #expect(plain.requests == 0)
        // The other way it is what servers should do.
        let secure = try ScriptedServer(identity: try authority.identity("good")) { try WebFile("x").answer($0, $1) }
        let secureLocation = "https://localhost:\(secure.port)/file"
        let upgrading = try ScriptedServer { _, connection in try Self.redirect(301, secureLocation, connection) }
        let upgraded = try WebTestStore.make("http://127.0.0.1:\(upgrading.port)/file", settings)
        #expect(try await upgraded.stat("file").size == 1)
    }

    /// What another server's address says is not shown.
    @Test func messagesOfOtherServers() async throws {
        let port = try FreePorts.take(1)[0]
        let server = try ScriptedServer { _, connection in
            try Self.redirect(302, "http://127.0.0.1:\(port)/token-hush?sig=hush", connection)
        }
        let store = try WebTestStore.make(server)
        do throws(StoreError) {
            _ = try await store.stat("file")
            Issue.record("should have failed")
        } catch {
            #expect(error.code == .unreachable, "\(error)")
            #expect(!error.message.contains("hush"), "\(error)")
        }
    }
}
