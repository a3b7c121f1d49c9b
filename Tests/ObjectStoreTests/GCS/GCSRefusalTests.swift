import HTTP
import Platform
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

/// What refusals mean, and that none of them shows a secret.
struct GCSRefusalTests {
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
            try connection.answer(status, [:], GCSAnswers.error(status, reason, message))
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
                return try connection.answer(status, ["Retry-After": "0"], GCSAnswers.error(status, reason, "busy"))
            }
            try connection.answer(200, [:], GCSAnswers.object)
        }
        #expect(try await GCSTestStore.make(onPort: server.port).stat("a").version.text == "7")
        #expect(server.requests == 3)
        let busy = try ScriptedServer { _, connection in
            try connection.answer(status, [:], GCSAnswers.error(status, reason, "busy"))
        }
        let failure = await #expect(throws: StoreError.self) {
            try await GCSTestStore.make(onPort: busy.port).stat("a")
        }
        #expect(failure?.code == .throttled && failure?.isRetryable == true && busy.requests == 3)
    }

    // MARK: Tokens

    @Test func aTokenIsRenewedOnce() async throws {
        let server = try ScriptedServer { request, connection in
            if request["Authorization"] == "Bearer token2" { return try connection.answer(200, [:], GCSAnswers.object) }
            try connection.answer(401, [:], GCSAnswers.error(401, "authError", "Invalid Credentials"))
        }
        let issued = Atomic(0)
        let tokens = GoogleCredentialSearch(of: "tests", now: { 1000 }) { _ throws(StoreError) in
            let number = issued.add(1, ordering: .relaxed).newValue
            guard let token = BearerToken("token\(number)") else { throw StoreError(.invalid, "no token") }
            let found = FoundCredentials(value: token, expiry: 4600, origin: CredentialOrigin("tests"))
            return CredentialOutcome(found: found, attempts: [])
        }
        let store = try GCSTestStore.make(onPort: server.port, tokens: tokens)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = try await store.stat("a") } }
            try await group.waitForAll()
        }
        #expect(issued.load(ordering: .relaxed) == 2)
    }

    @Test func noTokenToBeHad() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, [:], GCSAnswers.object) }
        let tokens = GoogleCredentialSearch(of: "tests", now: { 1000 }) {
            _ throws(StoreError) -> CredentialOutcome<BearerToken> in
            throw StoreError(.noCredentials, "none here")
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
            try connection.answer(400, ["X-GUploader-UploadID": "verborgen"], GCSAnswers.error(400, "invalid", words))
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
}
