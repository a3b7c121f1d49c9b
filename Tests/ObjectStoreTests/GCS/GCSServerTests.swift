import Checksums
import Platform
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

/// What only GCS has, against the strict server of ours.
@Suite(.enabled(if: GoogleStorage.isHere, Comment(rawValue: GoogleStorage.absence)))
struct GCSServerTests {
    private func server() async throws -> GoogleStorage { try await GoogleStorage.shared.server }

    // MARK: Who asks

    @Test func whoMayWhat() async throws {
        let server = try await server()
        let bucket = try await server.makeBucket()
        let owner = try await GCSTestStore.make(on: server, bucket: bucket)
        try await owner.put("a", "content")
        let reader = try await GCSTestStore.make(on: server, bucket: bucket, tokens: FixedToken(BearerToken("reader")))
        #expect(try await reader.text("a") == "content")
        await expectFailure(.denied) { () throws(StoreError) in try await reader.put("a", "x") }
        let nobody = try await GCSTestStore.make(on: server, bucket: bucket, tokens: FixedToken.anonymous)
        let failure = await #expect(throws: StoreError.self) { try await nobody.text("a") }
        #expect(failure?.code == .denied && failure?.message.contains("no credentials were given") == true)
        let stranger = try await GCSTestStore.make(
            on: server, bucket: bucket, tokens: FixedToken(BearerToken("geheim"), from: "the test"))
        let refusal = await #expect(throws: StoreError.self) { try await stranger.stat("a") }
        #expect(refusal?.code == .denied && refusal?.message.contains("the token of the test") == true)
        #expect(refusal?.message.contains("geheim") == false)
    }

    @Test func everybodyReadsAPublicBucket() async throws {
        let server = try await server()
        let bucket = try await server.makeBucket(prefix: "public-")
        try await GCSTestStore.make(on: server, bucket: bucket).put("a", "content")
        let nobody = try await GCSTestStore.make(on: server, bucket: bucket, tokens: FixedToken.anonymous)
        #expect(try await nobody.text("a") == "content")
        #expect(try await nobody.listAll().keys == ["a"])
        await expectFailure(.denied) { () throws(StoreError) in try await nobody.put("a", "x") }
    }

    /// google-auth verifies the tokens on the server's side.
    @Test func aServiceAccountSignsItsTokens() async throws {
        let server = try await server()
        let machine = try TestMachine()
        machine.clock.withLock { $0 = Timestamp.secondsNow }
        let account = try machine.search(forKeyFile: #require(server.account))
        let store = try await GCSTestStore.make(on: server, tokens: account)
        try await store.put("a", "content")
        #expect(try await store.text("a") == "content")
        let other = try machine.search(forKeyFile: ServiceAccountFile(in: TemporaryFolder()))
        let stranger = try await GCSTestStore.make(on: server, tokens: other)
        await expectFailure(.denied) { () throws(StoreError) in try await stranger.put("a", "x") }
    }

    /// However far this machine's clock is off: the answer to the first request says what the time is.
    @Test(arguments: [-3700, 3700, -90_000]) func aClockThatIsWrong(seconds: Int) async throws {
        let server = try await server()
        let bucket = try await server.makeBucket()
        try await GCSTestStore.make(on: server, bucket: bucket).put("a", "content")
        let machine = try TestMachine()
        machine.clock.withLock { $0 = Timestamp.secondsNow + seconds }
        let account = try machine.search(forKeyFile: #require(server.account))
        let store = try await GCSTestStore.make(on: server, bucket: bucket, tokens: account)
        #expect(try await store.text("a") == "content")
        let token = try await account.credentials()
        machine.pass(seconds: 3000)
        #expect(try await account.credentials() == token)
    }

    @Test func whoeverAsksPays() async throws {
        let server = try await server()
        let bucket = try await server.makeBucket(["billing": ["requesterPays": true]])
        let without = try await GCSTestStore.make(on: server, bucket: bucket)
        let failure = await #expect(throws: StoreError.self) { try await without.list(ListRequest()) }
        #expect(failure?.code == .denied && failure?.message.contains("a project that pays has to be named") == true)
        var settings = GCSSettings()
        settings.userProject = "mine"
        let store = try await GCSTestStore.make(on: server, bucket: bucket, settings)
        try await store.put("a", "content")
        _ = try await store.put("large", .bytes(Content.bytes(3 << 20, seed: 1)), PutOptions())
        #expect(try await store.text("a") == "content")
        #expect(try await store.listAll().keys == ["a", "large"])
    }

    @Test func aBucketThatIsNotThere() async throws {
        let store = try await GCSTestStore.make(on: server(), bucket: "none")
        let failure = await #expect(throws: StoreError.self) { try await store.list(ListRequest()) }
        #expect(failure?.code == .notFound && failure?.message.contains("there is no bucket none") == true)
        await expectFailure(.notFound) { () throws(StoreError) in try await store.put("a", "x") }
        let outcome = try await store.delete([Deletion("a")])
        #expect(throws: StoreError.self) { try outcome[0].get() }
    }

    // MARK: Objects

    /// Ranges and lengths are those of the bytes that are stored.
    @Test func whatIsStoredPackedComesPacked() async throws {
        let server = try await server()
        let bucket = try await server.makeBucket()
        let store = try await GCSTestStore.make(on: server, bucket: bucket)
        let made = try GCSClient.run(["pack", String(server.port), bucket, "a"])
        let size = try #require(Int(made["size"] ?? ""))
        let result = try await store.read("a", .whole, of: nil, into: .bytes(limit: 1 << 20), checksum: .crc32c)
        #expect(result.count == size && result.bytes.starts(with: [0x1F, 0x8B]))
        #expect(result.object.checksums.contains(try #require(result.checksum)))
        let part = try await store.read("a", ReadRange(from: 2, count: 5), of: nil, into: .bytes(limit: 5))
        #expect(part.bytes == Array(result.bytes[2..<7]))
        // A copy with other metadata is still known to be packed.
        _ = try await store.copy(CopySource("a"), to: "b", ObjectMetadata(user: ["x": "y"]), if: .always)
        #expect(try GCSClient.run(["unpack", String(server.port), bucket, "b"])["text"] == made["text"])
    }

    @Test func theChecksumOfTheWholeComesWithARange() async throws {
        let store = try await GCSTestStore.make(on: server())
        try await store.put("a", "0123456789")
        let part = try await store.read("a", ReadRange(from: 3, count: 2), of: nil, into: .bytes(limit: 2))
        let whole = Array("0123456789".utf8)
        #expect(try part.object.checksums == [Checksum(.crc32c, of: whole), Checksum(.md5, of: whole)])
    }

    @Test(arguments: ["a//b", "/a", "..a/../b", "a b+%2F?#&=", "é/ü\u{1F600}", "a\\b", "...", "\u{7F}x"])
    func everyKeyIsAName(key: String) async throws {
        let store = try await GCSTestStore.make(on: server())
        let key = ObjectKey(key)
        try await store.put(key, "content")
        #expect(try await store.text(key) == "content")
        #expect(try await store.list(ListRequest()).objects.map(\.key) == [key])
        _ = try await store.copy(CopySource(key), to: key + "2", nil, if: .ifAbsent)
        #expect(try await store.text(key + "2") == "content")
        for outcome in try await store.delete([Deletion(key), Deletion(key + "2")]) { try outcome.get() }
        #expect(try await store.listAll().keys.isEmpty)
    }

    @Test func keysThatCannotBe() async throws {
        let store = try await GCSTestStore.make(on: server())
        for key: ObjectKey in ["", ".", "..", "a\nb", ObjectKey([0xFF]), ".provision-parts/x"] {
            await expectFailure(.invalid) { () throws(StoreError) in try await store.put(key, "x") }
        }
    }
}
