import Checksums
import HTTP
import Platform
import Signing
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

/// Servers that answer otherwise than Azure does when all is well, and what only a test can bring about.
struct AzureOddAnswersTests {
    private static let found = ["ETag": "\"e\"", "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"]

    private static func key() throws -> SharedKey {
        try #require(SharedKey(account: "account", base64: AzureBlob.keyText))
    }

    @Test func theRangeIsAskedForInTheServicesOwnHeader() async throws {
        let server = try ScriptedServer { request, connection in
            #expect(request["Range"] == nil && request["x-ms-version"] == "2021-12-02")
            guard request["x-ms-range"] == "bytes=3-6" else { return try connection.answer(400) }
            try connection.answer(206, Self.found.merging(["Content-Range": "bytes 3-6/10"]) { $1 }, "3456")
        }
        #expect(try await AzureTestStore.make(server).text("a", ReadRange(from: 3, count: 4)) == "3456")
        let whole = try ScriptedServer { request, connection in
            try connection.answer(200, Self.found, "0123456789")
        }
        #expect(try await AzureTestStore.make(whole).text("a", ReadRange(from: 3, count: 4)) == "3456")
        let other = try ScriptedServer { _, connection in
            try connection.answer(206, Self.found.merging(["Content-Range": "bytes 0-3/10"]) { $1 }, "0123")
        }
        await expectFailure(.inputOutput) { () throws(StoreError) in
            try await AzureTestStore.make(other).text("a", ReadRange(from: 3, count: 4))
        }
    }

    /// What has expired is not sent.
    @Test func anExpiredSignature() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, Self.found) }
        for (text, code, words) in [
            (
                "se=2025-01-01T00:00:00Z&sp=r&sig=geheim", StoreError.Code.expiredCredentials,
                "the SAS of the task expired at 2025-01-01T00:00:00Z"
            ),
            ("st=2099-01-01&sp=r&sig=geheim", .denied, "not valid before 2099-01-01T00:00:00Z"),
        ] {
            let store = AzureTestStore.make(server, .link(try #require(SharedAccessSignature(text))))
            let failure = await #expect(throws: StoreError.self) { try await store.text("a") }
            #expect(failure?.code == code && failure?.message.contains(words) == true)
            #expect(failure?.message.contains("geheim") == false)
        }
        #expect(server.requests == 0)
    }

    /// By the server's clock, when ours is behind.
    @Test func aSignatureThatExpiresOnTheWay() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.answer(
                403, ["x-ms-error-code": "AuthenticationFailed", "Date": "Sun, 06 Nov 2095 08:49:37 GMT"])
        }
        let link = try #require(SharedAccessSignature("se=2090-01-01&sp=r&sig=geheim"))
        await expectFailure(.expiredCredentials) { () throws(StoreError) in
            try await AzureTestStore.make(server, .link(link)).stat("a")
        }
    }

    @Test func theSignatureIsAppendedAsItIs() async throws {
        let text = "sv=2021-12-02&se=2099-01-01T00%3a00%3a00Z&sp=rl&sig=a%2bb%3D"
        let server = try ScriptedServer { request, connection in
            #expect(request.target.hasSuffix("?" + text) || request.target.hasSuffix("&" + text))
            #expect(request["Authorization"] == nil)
            try connection.answer(200, Self.found, request.target.contains("comp=list") ? "<EnumerationResults/>" : "x")
        }
        let store = AzureTestStore.make(server, .link(try #require(SharedAccessSignature("?" + text))))
        #expect(try await store.text("a") == "x")
        #expect(try await store.listAll() == Listing(pages: 1))
    }

    @Test func theClockIsTakenFromARefusal() async throws {
        let ahead = Timestamp.secondsNow + 3600
        let server = try ScriptedServer { request, connection in
            let time = request["x-ms-date"].flatMap { HTTPDate.seconds($0) } ?? 0
            if abs(time - ahead) < 300 {
                return try connection.answer(200, Self.found, request.method == "HEAD" ? "" : "x")
            }
            try connection.answer(403, ["x-ms-error-code": "AuthenticationFailed", "Date": HTTPDate.text(ahead)])
        }
        #expect(try await AzureTestStore.make(server, .key(Self.key())).text("a") == "x")
        #expect(server.requests == 2)

        let stubborn = try ScriptedServer { _, connection in
            try connection.answer(403, ["x-ms-error-code": "AuthenticationFailed", "Date": HTTPDate.text(ahead)])
        }
        let failure = await #expect(throws: StoreError.self) {
            try await AzureTestStore.make(stubborn, .key(Self.key())).stat("a")
        }
        #expect(failure?.code == .denied)
        #expect(
            failure?.message.contains("clock is 60 minutes behind") == true || failure?.message.contains("59") == true)
        #expect(stubborn.requests == 2)
    }

    @Test(arguments: [
        (503, "ServerBusy"), (500, "OperationTimedOut"), (500, "InternalError"), (429, "TooManyRequests"),
    ])
    func busyServersAreAskedAgain(status: Int, code: String) async throws {
        let server = try ScriptedServer { request, connection in
            if request.number == 3 { return try connection.answer(200, Self.found, "x") }
            try connection.answer(status, ["x-ms-error-code": code, "Retry-After": "0"])
        }
        #expect(try await AzureTestStore.make(server).text("a") == "x")
        let busy = try ScriptedServer { request, connection in
            try connection.answer(status, ["x-ms-error-code": code])
        }
        await expectFailure(.throttled) { () throws(StoreError) in try await AzureTestStore.make(busy).text("a") }
        #expect(busy.requests == 3)
    }

    /// An answer that is lost does not make a writer fail by its own condition, also where curl has asked again by itself,
    /// because the connection had been used before.
    @Test(arguments: [false, true], [("mine", true), ("hers", false)])
    func aLostAnswerToAConditionalPut(isKept: Bool, _ found: (content: String, isOurs: Bool)) async throws {
        let sum = try Checksum(.md5, of: Array(found.content.utf8)).base64
        let wasLost = Mutex(false)
        let server = try ScriptedServer { request, connection in
            guard request.method == "PUT" else {
                return try connection.answer(200, ["ETag": "\"e\"", "Content-Length": "4", "Content-MD5": sum])
            }
            let isSecond = wasLost.withLock { lost in
                defer { lost = true }
                return lost
            }
            guard isSecond else { return connection.reset() }
            try connection.answer(409, ["x-ms-error-code": "BlobAlreadyExists"])
        }
        let store = AzureTestStore.make(server)
        if isKept { _ = try await store.stat("a") }
        if found.isOurs {
            #expect(try await store.put("a", "mine", if: .ifAbsent).text == "e")
        } else {
            await expectFailure(.conditionFailed) { () throws(StoreError) in
                try await store.put("a", "mine", if: .ifAbsent)
            }
        }
    }

    @Test func aLostAnswerToTheEndOfAnUpload() async throws {
        let upload = Upload(key: "a", id: RandomID.make(), options: UploadOptions())
        let block = AzureBlock(of: upload.id, number: 1).text
        for isOurs in [true, false] {
            let name = isOurs ? block : "AAAA"
            let isDone = Mutex(false)
            let server = try ScriptedServer { request, connection in
                guard request.method == "GET" else {
                    let wasDone = isDone.withLock { done in
                        defer { done = true }
                        return done
                    }
                    guard wasDone else { return connection.reset() }
                    return try connection.answer(409, ["x-ms-error-code": "BlobAlreadyExists"])
                }
                let list =
                    isDone.withLock { $0 }
                    ? "<CommittedBlocks><Block><Name>\(name)</Name></Block></CommittedBlocks>"
                    : "<UncommittedBlocks><Block><Name>\(block)</Name></Block></UncommittedBlocks>"
                try connection.answer(200, ["ETag": "\"e\""], "<BlockList>\(list)</BlockList>")
            }
            let store = AzureTestStore.make(server)
            let part = UploadedPart(number: 1, size: 1, tag: block)
            if isOurs {
                #expect(try await store.complete(upload, [part], if: .ifAbsent).version.text == "e")
            } else {
                await expectFailure(.conditionFailed) { () throws(StoreError) in
                    try await store.complete(upload, [part], if: .ifAbsent)
                }
            }
        }
    }

    @Test func aCopyThatTakesItsTime() async throws {
        for (end, isGood) in [("success", true), ("failed", false)] {
            let server = try ScriptedServer { request, connection in
                var head = ["ETag": "\"\(request.number)\"", "x-ms-copy-id": "1", "x-ms-copy-status": "pending"]
                if request.number == 3 { head["x-ms-copy-status"] = end }
                try connection.answer(request.method == "PUT" ? 202 : 200, head)
            }
            let store = AzureTestStore.make(server)
            if isGood {
                #expect(try await store.copy(CopySource("a"), to: "b", nil, if: .always).version.text == "3")
            } else {
                await expectFailure(.inputOutput) { () throws(StoreError) in
                    try await store.copy(CopySource("a"), to: "b", nil, if: .always)
                }
            }
            #expect(server.requests == 3)
        }
    }

    /// The service reads the source as somebody else, who needs a right of his own, and no longer than the copy takes.
    @Test func theSourceOfACopy() async throws {
        let sources = Mutex<[String]>([])
        let server = try ScriptedServer { request, connection in
            sources.withLock { $0.append(request["x-ms-copy-source"] ?? "") }
            try connection.answer(201, Self.found)
        }
        _ = try await AzureTestStore.make(server, .key(Self.key())).copy(CopySource("a b"), to: "c", nil, if: .always)
        let link = try #require(SharedAccessSignature("sp=rw&sig=x"))
        _ = try await AzureTestStore.make(server, .link(link)).copy(CopySource("a b"), to: "c", nil, if: .always)
        let all = sources.withLock { $0 }
        let place = "http://127.0.0.1:\(server.port)/account/data/a%20b?"
        #expect(all[0].hasPrefix(place) && all[0].contains("sp=r&") && all[0].contains("&sig="))
        #expect(all[1] == place + "sp=rw&sig=x")
    }

    @Test func aTokenNeedsASafeConnection() async throws {
        var once = HTTPSettings()
        once.retries.attempts = 1
        let service = HTTPAddress(isSecure: false, host: "azure.invalid")
        let store = AzureStore(
            AzureSite(account: "account", container: "data", service: service),
            credentials: FixedSource(BearerToken("geheim").map(AzureCredential.token)), client: HTTPClient(once))
        let failure = await #expect(throws: StoreError.self) { try await store.stat("a") }
        #expect(failure?.code == .noCredentials && failure?.message.contains("geheim") == false)
    }

    @Test func nobodyListens() async throws {
        let port = try FreePorts.take(1)[0]
        var once = HTTPSettings()
        once.retries.attempts = 1
        let service = HTTPAddress(isSecure: false, host: "127.0.0.1", port: port)
        let store = AzureStore(
            AzureSite(account: "account", container: "data", service: service),
            credentials: FixedSource<AzureCredential>(nil), client: HTTPClient(once))
        await expectFailure(.unreachable) { () throws(StoreError) in try await store.stat("a") }
    }
}
