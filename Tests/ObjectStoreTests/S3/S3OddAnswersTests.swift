import Checksums
import HTTP
import ObjectStore
import Platform
import Signing
import Synchronization
import TestSupport
import Testing

/// Servers that answer otherwise than S3 does when all is well.
struct S3OddAnswersTests {
    private func store(_ server: ScriptedServer, _ kind: S3Server? = nil) -> S3Store {
        let endpoint = S3Endpoint(isSecure: false, host: "127.0.0.1", port: server.port)
        var settings = S3Settings()
        settings.server = kind
        var quick = HTTPSettings()
        quick.retries.baseMilliseconds = 1
        quick.retries.attempts = 3
        return S3Store(
            S3Site(.endpoint(endpoint), bucket: "data"), settings,
            credentials: FixedCredentials(S3TestStore.credentials), client: HTTPClient(quick))
    }

    @Test func theWholeInsteadOfARange() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.answer(200, ["ETag": "\"e\""], "0123456789")
        }
        let store = store(server)
        #expect(try await store.text("a", ReadRange(from: 3, count: 4)) == "3456")
        #expect(try await store.text("a", ReadRange(from: 8)) == "89")
        await expectFailure(.invalid) { () throws(StoreError) in try await store.text("a", ReadRange(from: 10)) }
    }

    /// To take that for the end would be to lose all that is behind.
    @Test func moreThatIsNowhere() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.answer(
                200, [:], "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>")
        }
        await expectFailure(.inputOutput) { () throws(StoreError) in try await store(server).list(ListRequest()) }
    }

    @Test func anotherRangeIsRefused() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.answer(206, ["ETag": "\"e\"", "Content-Range": "bytes 0-3/10"], "0123")
        }
        await expectFailure(.inputOutput) { () throws(StoreError) in
            try await store(server).text("a", ReadRange(from: 3, count: 4))
        }
    }

    /// A server that does not know If-Match hands out what it has.
    @Test func anotherVersionIsRefused() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, ["ETag": "\"new\""], "new") }
        await expectFailure(.changed) { () throws(StoreError) in
            try await store(server).text("a", of: ObjectVersion("old"))
        }
        #expect(server.requests == 1)
    }

    @Test func aShortBodyIsTriedAgain() async throws {
        let server = try ScriptedServer { request, connection in
            guard request.number == 1 else { return try connection.answer(200, ["ETag": "\"e\""], "0123456789") }
            try connection.send("HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 10\r\n\r\n0123")
            connection.close()
        }
        let result = try await store(server).read("a", .whole, of: nil, into: .bytes(limit: 10), checksum: .crc32c)
        #expect(String(decoding: result.bytes, as: UTF8.self) == "0123456789")
        #expect(try result.checksum == Checksum(.crc32c, of: result.bytes))
    }

    @Test func checksumsThatAnAnswerStates() async throws {
        let crc = try Checksum(.crc64nvme, of: Array("content".utf8))
        let server = try ScriptedServer { request, connection in
            let wants = request["x-amz-checksum-mode"] == "ENABLED"
            try connection.answer(
                200, ["ETag": "\"0123-2\"", "x-amz-checksum-crc64nvme": wants ? crc.base64 : "", "Server": "AmazonS3"],
                request.method == "HEAD" ? "" : "content")
        }
        let result = try await store(server).read("a", .whole, of: nil, into: .bytes(limit: 10), checksum: .crc64nvme)
        #expect(result.object.checksums == [crc] && result.checksum == crc)
        #expect(try await store(server).stat("a").checksums == [crc])
    }

    /// What takes long begins with 200 and may end with an error.
    @Test func anErrorBehind200() async throws {
        let server = try ScriptedServer { request, connection in
            let error = "<Error><Code>InternalError</Code><Message>again</Message></Error>"
            let result = "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>"
            try connection.answer(200, [:], request.number < 3 ? error : result)
        }
        let upload = Upload(key: "a", id: "1", options: UploadOptions())
        let part = UploadedPart(number: 1, size: 1, tag: "p")
        #expect(try await store(server).complete(upload, [part], if: .always).version.text == "e-1")
        #expect(server.requests == 3)

        let failing = try ScriptedServer { _, connection in
            try connection.answer(200, [:], "<Error><Code>InternalError</Code></Error>")
        }
        await expectFailure(.throttled) { () throws(StoreError) in
            try await store(failing).copy(CopySource("a"), to: "b", nil, if: .always)
        }
        #expect(failing.requests == 3)
    }

    private static let result =
        "<?xml version=\"1.0\"?><CompleteMultipartUploadResult><ETag>\"e-1\"</ETag>"
        + "</CompleteMultipartUploadResult>"

    /// Spaces come before the document or behind its declaration; what the document says counts, and spaces alone say nothing.
    @Test(
        arguments: [
            ("   \n \(result)", nil), (result.replacing("?><", with: "?>    <"), nil),
            ("    <?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", .denied),
            ("  <Error><Code>InternalError</Code></Error>", .throttled), ("      ", .inputOutput), ("", .inputOutput),
        ] as [(String, StoreError.Code?)])
    func spacesBeforeTheEnd(body: String, code: StoreError.Code?) async throws {
        let server = try ScriptedServer { request, connection in
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for byte in body.utf8 { try connection.send([UInt8]("1\r\n".utf8) + [byte] + "\r\n".utf8) }
            try connection.send("0\r\n\r\n")
        }
        let store = store(server)
        let part = UploadedPart(number: 1, size: 1, tag: "p")
        let upload = Upload(key: "a", id: "1", options: UploadOptions())
        guard let code else {
            #expect(try await store.complete(upload, [part], if: .always).version.text == "e-1")
            #expect(try await store.copy(CopySource("a"), to: "b", nil, if: .always).version.text == "e-1")
            return
        }
        await expectFailure(code) { () throws(StoreError) in try await store.complete(upload, [part], if: .always) }
        await expectFailure(code) { () throws(StoreError) in
            try await store.copy(CopySource("a"), to: "b", nil, if: .always)
        }
    }

    /// An answer that is lost does not make a writer fail by its own condition.
    @Test func aLostAnswerToAConditionalPut() async throws {
        let tag = try Checksum(.md5, of: Array("mine".utf8)).hex
        let server = try ScriptedServer { request, connection in
            switch (request.method, request.number) {
            case ("PUT", 1): connection.reset()
            case ("PUT", _): try connection.answer(412, [:], "<Error><Code>PreconditionFailed</Code></Error>")
            default: try connection.answer(200, ["ETag": "\"\(tag)\"", "Content-Length": "4"])
            }
        }
        #expect(try await store(server, .amazon).put("a", "mine", if: .ifAbsent).text == tag)
        let others = try ScriptedServer { request, connection in
            switch (request.method, request.number) {
            case ("PUT", 1): connection.reset()
            case ("PUT", _): try connection.answer(412)
            default: try connection.answer(200, ["ETag": "\"other\"", "Content-Length": "4"])
            }
        }
        await expectFailure(.conditionFailed) { () throws(StoreError) in
            try await store(others, .amazon).put("a", "mine", if: .ifAbsent)
        }
    }

    /// There curl sends it again by itself.
    @Test func aLostAnswerOnAKeptConnection() async throws {
        let tag = try Checksum(.md5, of: Array("mine".utf8)).hex
        let server = try ScriptedServer { request, connection in
            switch (request.method, request.number) {
            case ("PUT", 2): connection.reset()
            case ("PUT", _): try connection.answer(412, [:], "<Error><Code>PreconditionFailed</Code></Error>")
            default: try connection.answer(200, ["ETag": "\"\(tag)\"", "Content-Length": "4"])
            }
        }
        let store = store(server, .amazon)
        _ = try await store.stat("a")
        #expect(try await store.put("a", "mine", if: .ifAbsent).text == tag)
        #expect(server.requests == 4)
    }

    /// HEAD's refusals have no body; a GET says what is wrong.
    @Test func whatHEADCannotSay() async throws {
        let server = try ScriptedServer { request, connection in
            let isHead = request.method == "HEAD"
            try connection.answer(403, [:], isHead ? "" : "<Error><Code>InvalidAccessKeyId</Code></Error>")
        }
        let failure = await #expect(throws: StoreError.self) { try await store(server).stat("a") }
        #expect(failure?.code == .denied && failure?.message.contains("does not know the access key id") == true)
    }

    @Test func deletionsThatFail() async throws {
        let server = try ScriptedServer { request, connection in
            #expect(request["Content-MD5"] != nil && request["x-amz-checksum-sha256"] != nil)
            try connection.answer(
                200, [:],
                "<DeleteResult><Error><Key>b&amp;</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>"
            )
        }
        let outcomes = try await store(server).delete([Deletion("a"), Deletion("b&"), Deletion("c")])
        #expect(outcomes.map { (try? $0.get()) != nil } == [true, false, true])
        #expect(server.requests == 1)
    }

    @Test func nobodyListens() async throws {
        let port = try FreePorts.take(1)[0]
        var once = HTTPSettings()
        once.retries.attempts = 1
        let store = S3Store(
            S3Site(.endpoint(S3Endpoint(isSecure: false, host: "127.0.0.1", port: port)), bucket: "data"),
            credentials: FixedCredentials(nil), client: HTTPClient(once))
        await expectFailure(.unreachable) { () throws(StoreError) in try await store.stat("a") }
    }
}
