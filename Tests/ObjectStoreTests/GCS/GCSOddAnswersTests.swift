import Checksums
import HTTP
import Platform
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

/// Servers that answer otherwise than GCS does when all is well.
struct GCSOddAnswersTests {
    private static let found = ["x-goog-generation": "7", "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT"]
    private static let object = #"{"name": "a", "generation": "7", "size": "4", "crc32c": "AAAAAA=="}"#

    private static func error(_ status: Int, _ reason: String, _ message: String) -> String {
        #"{"error": {"code": \#(status), "message": "\#(message)", "errors": [{"reason": "\#(reason)"}]}}"#
    }

    // MARK: Reading

    @Test func theWholeInsteadOfARange() async throws {
        let server = try ScriptedServer { request, connection in
            #expect(request["Accept-Encoding"] == "gzip" && request["Authorization"] == nil)
            try connection.answer(200, Self.found, "0123456789")
        }
        let store = try GCSTestStore.make(onPort: server.port)
        #expect(try await store.text("a", ReadRange(from: 3, count: 4)) == "3456")
        await expectFailure(.invalid) { () throws(StoreError) in try await store.text("a", ReadRange(from: 10)) }
    }

    /// A server that does not know generations hands out what it has.
    @Test func anotherGenerationIsRefused() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, Self.found, "new") }
        await expectFailure(.changed) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port).text("a", of: ObjectVersion("6"))
        }
        #expect(server.requests == 1)
        await expectFailure(.changed) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port).text("a", of: ObjectVersion("0"))
        }
        #expect(server.requests == 1, "nothing is of version 0")
    }

    @Test func whatWasUnpackedOnTheWayIsRefused() async throws {
        let server = try ScriptedServer { _, connection in
            let headers = ["x-goog-stored-content-encoding": "gzip", "Warning": "214 UploadServer gunzipped"]
            try connection.answer(200, Self.found.merging(headers) { old, _ in old }, "unpacked")
        }
        let store = try GCSTestStore.make(onPort: server.port)
        await expectFailure(.inputOutput) { () throws(StoreError) in try await store.text("a") }
    }

    @Test(arguments: ["{}", "[1]", "nonsense", #"{"items": [{"name": "a"}]}"#])
    func documentsThatAreNone(body: String) async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, [:], body) }
        let store = try GCSTestStore.make(onPort: server.port)
        await expectFailure(.inputOutput) { () throws(StoreError) in try await store.stat("a") }
        // That is a page without anything on it.
        guard body != "{}" else { return }
        await expectFailure(.inputOutput) { () throws(StoreError) in try await store.list(ListRequest()) }
    }

    // MARK: Refusals

    @Test(
        arguments: [
            (400, "invalid", "no", .invalid, false),
            (400, "required", "Bucket is a requester pays bucket", .denied, false),
            (401, "authError", "no", .denied, false), (403, "forbidden", "no", .denied, false),
            (404, "notFound", "no", .notFound, false), (409, "conflict", "no", .conditionFailed, false),
            (412, "conditionNotMet", "no", .conditionFailed, false), (501, "notImplemented", "no", .unsupported, false),
            (507, "x", "no", .noSpace, false), (418, "x", "no", .invalid, false), (308, "x", "no", .inputOutput, true),
        ] as [(Int, String, String, StoreError.Code, Bool)])
    func refusals(status: Int, reason: String, message: String, code: StoreError.Code, isRetryable: Bool) async throws {
        let server = try ScriptedServer { _, connection in
            try connection.answer(status, [:], Self.error(status, reason, message))
        }
        let failure = await #expect(throws: StoreError.self) {
            try await GCSTestStore.make(onPort: server.port).stat("a")
        }
        #expect(failure?.code == code && failure?.isRetryable == isRetryable && failure?.status == status)
        #expect(server.requests == 1)
    }

    @Test(arguments: [
        (429, "rateLimitExceeded"), (403, "userRateLimitExceeded"), (503, "backendError"), (500, "x"), (408, "x"),
    ])
    func whatIsTriedAgain(status: Int, reason: String) async throws {
        let server = try ScriptedServer { request, connection in
            guard request.number > 2 else {
                return try connection.answer(status, ["Retry-After": "0"], Self.error(status, reason, "busy"))
            }
            try connection.answer(200, [:], Self.object)
        }
        #expect(try await GCSTestStore.make(onPort: server.port).stat("a").version.text == "7")
        #expect(server.requests == 3)
        let busy = try ScriptedServer { _, connection in
            try connection.answer(status, [:], Self.error(status, reason, "busy"))
        }
        let failure = await #expect(throws: StoreError.self) {
            try await GCSTestStore.make(onPort: busy.port).stat("a")
        }
        #expect(failure?.code == .throttled && failure?.isRetryable == true && busy.requests == 3)
    }

    // MARK: Tokens

    @Test func aTokenIsRenewedOnce() async throws {
        let server = try ScriptedServer { request, connection in
            if request["Authorization"] == "Bearer token2" { return try connection.answer(200, [:], Self.object) }
            try connection.answer(401, [:], Self.error(401, "authError", "Invalid Credentials"))
        }
        let issued = Atomic(0)
        let tokens = CachedTokens(from: CredentialOrigin("tests"), now: { 1000 }) { () throws(StoreError) in
            let number = issued.add(1, ordering: .relaxed).newValue
            guard let token = BearerToken("token\(number)") else { throw StoreError(.invalid, "no token") }
            return CachedTokens.Issued(token, expiry: 4600)
        }
        let store = try GCSTestStore.make(onPort: server.port, tokens: tokens)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = try await store.stat("a") } }
            try await group.waitForAll()
        }
        #expect(issued.load(ordering: .relaxed) == 2)
    }

    @Test func noTokenToBeHad() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, [:], Self.object) }
        let tokens = CachedTokens(from: CredentialOrigin("tests"), now: { 1000 }) {
            () throws(StoreError) -> CachedTokens.Issued in throw StoreError(.noCredentials, "none here")
        }
        let store = try GCSTestStore.make(onPort: server.port, tokens: tokens)
        await #expect(throws: StoreError(.noCredentials, "none here")) { try await store.stat("a") }
        #expect(server.requests == 0)
    }

    /// Whoever listens on the way would have it.
    @Test func aTokenDoesNotGoOverAnOpenConnection() async throws {
        let store = GCSStore(
            try GCSSite(bucket: "data", serviceAt: "http://storage.invalid"), tokens: FixedToken(BearerToken("geheim")),
            client: HTTPClient())
        let failure = await #expect(throws: StoreError.self) { try await store.stat("a") }
        #expect(failure?.message.contains("without TLS") == true && failure?.isRetryable == false)
    }

    /// Servers may repeat what was sent to them.
    @Test func noErrorShowsASecret() async throws {
        let server = try ScriptedServer { request, connection in
            if request.target.contains("uploadType=resumable"), request.method == "POST" {
                let place = "http://\(request["Host"] ?? "")/upload/x?upload_id=verborgen"
                return try connection.answer(200, ["Location": place])
            }
            let words = "\(request.target) \(request["Authorization"] ?? "")"
            try connection.answer(400, ["X-GUploader-UploadID": "verborgen"], Self.error(400, "invalid", words))
        }
        let store = try GCSTestStore.make(onPort: server.port, tokens: FixedToken(BearerToken("geheim")))
        let large = ByteSource.bytes([UInt8](repeating: 1, count: 2 << 20))
        for attempt in [
            { _ = try await store.stat("a") }, { _ = try await store.put("a", .bytes([1]), PutOptions()) },
            { _ = try await store.put("a", large, PutOptions()) },
        ] as [() async throws -> Void] {
            let failure = await #expect(throws: StoreError.self) { try await attempt() }
            let text = "\(failure as Any)"
            #expect(text.contains("***") && !text.contains("geheim") && !text.contains("verborgen"), "\(text)")
        }
    }

    // MARK: Uploads in sessions

    private static let large = ByteSource.bytes([UInt8](repeating: 7, count: 3 << 20))

    /// Answers the POST that begins a session, and the PUTs as a script says.
    private func sessions(
        _ script: @escaping @Sendable (_ put: Int, ReceivedRequest, ScriptedConnection) throws -> Void
    ) throws -> ScriptedServer {
        let puts = Counter()
        return try ScriptedServer { request, connection in
            guard request.method == "PUT" else {
                return try connection.answer(200, ["Location": "http://\(request["Host"] ?? "")/up?upload_id=s"])
            }
            try script(puts.next(), request, connection)
        }
    }

    /// The server kept half of it, says so, and gets the rest.
    @Test func halfOfItWasKept() async throws {
        let size = 3 << 20
        let server = try sessions { put, request, connection in
            switch put {
            case 1: try connection.answer(308, ["Range": "bytes=0-1048575"])
            case 2:
                #expect(request["Content-Range"] == "bytes */\(size)" && request.body.isEmpty)
                try connection.answer(308, ["Range": "bytes=0-1048575"])
            default:
                #expect(request["Content-Range"] == "bytes 1048576-\(size - 1)/\(size)")
                #expect(request.body.count == size - 1_048_576)
                try connection.answer(200, [:], Self.object)
            }
        }
        let store = try GCSTestStore.make(onPort: server.port)
        #expect(try await store.put("a", Self.large, PutOptions()).version.text == "7")
        #expect(server.requests == 4)
    }

    /// It has all of it, and only the answer was lost.
    @Test func allOfItWasKept() async throws {
        let server = try sessions { put, request, connection in
            guard put > 1 else { return connection.reset() }
            #expect(request["Content-Range"] == "bytes */\(3 << 20)")
            try connection.answer(200, [:], Self.object)
        }
        let store = try GCSTestStore.make(onPort: server.port)
        #expect(try await store.put("a", Self.large, PutOptions(if: .ifAbsent)).version.text == "7")
    }

    /// A 308 without a range means that nothing was kept.
    @Test func nothingOfItWasKept() async throws {
        let server = try sessions { put, request, connection in
            switch put {
            case 1: connection.reset()
            case 2: try connection.answer(308)
            default:
                #expect(request.body.count == 3 << 20)
                try connection.answer(200, [:], Self.object)
            }
        }
        #expect(try await GCSTestStore.make(onPort: server.port).put("a", Self.large, PutOptions()).version.text == "7")
    }

    @Test(arguments: [404, 410])
    func aSessionThatHasEndedIsBegunAnewOnce(status: Int) async throws {
        let server = try sessions { put, _, connection in
            guard put > 1 else { return try connection.answer(status) }
            try connection.answer(200, [:], Self.object)
        }
        #expect(try await GCSTestStore.make(onPort: server.port).put("a", Self.large, PutOptions()).version.text == "7")
        let gone = try sessions { _, _, connection in try connection.answer(status) }
        await expectFailure(.notFound) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: gone.port).put("a", Self.large, PutOptions())
        }
        #expect(gone.requests == 4)
    }

    /// The token goes where the session is.
    @Test func aSessionIsAtTheServiceThatWasAsked() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.answer(200, ["Location": "http://evil.example.org/?upload_id=s"])
        }
        let failure = await #expect(throws: StoreError.self) {
            try await GCSTestStore.make(onPort: server.port).put("a", Self.large, PutOptions())
        }
        #expect(failure?.code == .inputOutput && failure?.message.contains("upload_id") == false)
        #expect(server.requests == 1)
    }

    // MARK: Lost answers

    /// Somebody else's object is not taken for ours.
    @Test func aLostAnswerAndSomebodyElsesObject() async throws {
        let server = try ScriptedServer { request, connection in
            switch (request.method, request.number) {
            case ("POST", 1): connection.reset()
            case ("POST", _): try connection.answer(412, [:], Self.error(412, "conditionNotMet", "no"))
            default: try connection.answer(200, [:], Self.object)
            }
        }
        await expectFailure(.conditionFailed) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port).put("a", "mine", if: .ifAbsent)
        }
        #expect(server.requests == 3)
    }

    // MARK: What users say of a bucket

    @Test func settingsAreSaidWithEachWrite() async throws {
        var settings = GCSSettings()
        (settings.userProject, settings.acl) = ("payer", "private")
        (settings.storageClass, settings.kmsKeyName) = ("NEARLINE", "k/1")
        settings.headers = ["X-Mine": "yes"]
        let targets = Mutex<[String]>([])
        let server = try ScriptedServer { request, connection in
            #expect(request["X-Mine"] == "yes" && request.target.contains("userProject=payer"))
            targets.withLock { $0.append("\(request.method) \(request.target)") }
            guard request.method == "POST" else { return try connection.answer(200, [:], Self.object) }
            #expect(String(decoding: request.body, as: UTF8.self).contains(#""storageClass":"NEARLINE""#))
            let rewritten = #"{"done": true, "resource": \#(Self.object)}"#
            try connection.answer(200, [:], request.target.contains("rewriteTo") ? rewritten : Self.object)
        }
        let store = try GCSTestStore.make(onPort: server.port, settings)
        _ = try await store.put("a", .bytes([1]), PutOptions())
        // All that the source has is said again, since its class would be all otherwise.
        _ = try await store.copy(CopySource("a"), to: "b", nil, if: .always)
        let asked = targets.withLock { $0 }
        #expect(asked.count == 3 && asked[1].hasPrefix("GET "))
        #expect(asked[0].contains("predefinedAcl=private") && asked[0].contains("kmsKeyName=k%2F1"))
        #expect(asked[2].contains("destinationPredefinedAcl=private") && asked[2].contains("sourceGeneration=7"))
        #expect(asked[2].contains("destinationKmsKeyName=k%2F1"))
    }

    // MARK: Copies and compositions

    @Test func aCopyThatCannotBeGoneOnWith() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, [:], #"{"done": false}"#) }
        await expectFailure(.inputOutput) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port).copy(CopySource("a"), to: "b", nil, if: .always)
        }
    }

    /// What was put together has to be what was sent.
    @Test func aCompositionThatIsAnother() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, [:], Self.object) }
        let upload = Upload(key: "a", id: String(repeating: "0", count: 32), options: UploadOptions())
        let sum = try Checksum(.crc32c, of: Array("mine".utf8))
        let part = UploadedPart(number: 1, size: 4, tag: "5", checksum: sum)
        await expectFailure(.inputOutput) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port).complete(upload, [part], if: .always)
        }
    }

    /// A part that arrived otherwise than it was sent does not stay.
    @Test func aPartThatIsAnother() async throws {
        let deleted = Atomic(0)
        let server = try ScriptedServer { request, connection in
            guard request.method == "DELETE" else { return try connection.answer(200, [:], Self.object) }
            deleted.add(1, ordering: .relaxed)
            try connection.answer(204)
        }
        let upload = Upload(key: "a", id: String(repeating: "0", count: 32), options: UploadOptions(checksum: .crc32c))
        await expectFailure(.inputOutput) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port)
                .uploadPart(1, of: upload, .bytes([1]), checksum: .computed(.crc32c))
        }
        #expect(deleted.load(ordering: .relaxed) == 1)
    }

    @Test func bucketsInOneZoneAreRefused() async throws {
        let server = try ScriptedServer { request, connection in
            let isLayout = request.target.contains("storageLayout")
            try connection.answer(200, [:], isLayout ? #"{"locationType": "zone"}"# : "{}")
        }
        await expectFailure(.unsupported) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: server.port).check()
        }
    }

    /// A bucket without a hierarchy of folders has no moves, and one whose layout may not be seen neither.
    @Test(arguments: [(200, #"{"hierarchicalNamespace": {"enabled": false}}"#), (403, ""), (404, "")])
    func bucketsWithoutMoves(status: Int, layout: String) async throws {
        let server = try ScriptedServer { request, connection in
            guard request.target.contains("storageLayout") else { return try connection.answer(200, [:], "{}") }
            try connection.answer(status, [:], layout)
        }
        let store = try GCSTestStore.make(onPort: server.port)
        try await store.check()
        #expect(store.capabilities.atomicRename == .none)
        await expectFailure(.unsupported) { () throws(StoreError) in try await store.rename("a", to: "b", if: .always) }
    }
}

private final class Counter: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
