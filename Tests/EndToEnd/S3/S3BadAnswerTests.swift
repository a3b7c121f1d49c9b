import Checksums
import Foundation
import Signing
import TestSupport
import Testing

/// Answers that are wrong and not just late. A file with wrong bytes in it never appears.
@Suite(.onSeaweedFS) struct S3BadAnswerTests {
    private var sandbox: S3Sandbox
    private static let bucket = S3FaultTests.bucket

    init() async throws {
        sandbox = try await S3Sandbox(Self.bucket)
    }

    /// One part after the other, so that it is known which one a fault meets.
    private func task(_ keys: String = "") -> String {
        sandbox.task(nil, "part_size: 5MiB, concurrency: 1" + keys)
    }

    /// The copy fails with this status and code, and once the fault is over, it is completed.
    private func fails(
        _ status: Int32, _ code: String, _ fault: Fault, at location: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(fault)
        let document = try await sandbox.fail(status, task(), at: location)
        #expect(document.mounts.first?.code == code, sourceLocation: location)
        sandbox.expectNothingElse(than: Self.bucket.objects, at: location)
        #expect((proxy.done.first ?? 0) > 0, sourceLocation: location)
        sandbox.port = sandbox.server.port
        try await sandbox.succeed(task(), at: location)
        sandbox.expect(Self.bucket.objects, at: location)
    }

    // MARK: Ranges

    @Test(arguments: [
        "bytes 0-5242879/11534336", "bytes 5242880-10485759/11534337", "bytes 5242881-10485760/11534336", "bytes x",
        "bytes 5242880-10485758/11534336",
    ])
    func wrongContentRange(range: String) async throws {
        try await fails(
            74, range.hasSuffix("7") ? "source-changed" : "input-output",
            Fault(.rewrite(["Content-Range": range]), of: "/large", skip: 1))
    }

    /// A part that pretends to be the whole, and one that does not say what it is.
    @Test(arguments: [200, 206])
    func partsThatSayNothingOfTheirPlace(status: Int) async throws {
        try await fails(
            74, status == 200 ? "source-changed" : "input-output",
            Fault(.rewrite(status: status, ["Content-Range": nil]), of: "/large"))
    }

    @Test func anotherVersion() async throws {
        let tag = "\"00000000000000000000000000000000\""
        try await fails(74, "source-changed", Fault(.rewrite(["ETag": tag]), of: "/large", skip: 2))
        Files.removeTree(sandbox.files.destination)
        try await fails(74, "source-changed", Fault(.rewrite(["ETag": tag]), of: "/small"))
    }

    // MARK: Wrong bytes

    @Test(arguments: [0, 10_000, 19_999])
    func oneWrongByteIsFetchedAgain(place: Int) async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault(.corrupt(at: place), of: "/small", times: 2))
        try await sandbox.succeed(task())
        sandbox.expect(Self.bucket.objects)
        proxy.expectDone()
    }

    @Test func bytesThatStayWrong() async throws {
        try await fails(74, "checksum-mismatch", Fault(.corrupt(at: 77), of: "/small", times: 1000))
    }

    /// Where nobody looks, the proxy's byte comes through: it does what these tests rely on.
    @Test func withoutChecksums() async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault(.corrupt(at: 77), of: "/small"))
        try await sandbox.succeed(task(", checksum: off"))
        var wrong = Self.bucket.objects
        wrong["small"]?[77] ^= 0xFF
        sandbox.expect(wrong)
        proxy.expectDone()
    }

    /// Parts are checked together, against what the server states of the whole.
    @Test func aWrongByteInAPart() async throws {
        let large = S3Sandbox.bytes(11 << 20, seed: 5)
        let own = try await S3Sandbox(SeaweedFS.shared)
        try await own.server.put(
            "large", large,
            [
                "x-amz-checksum-crc32c": try Checksum(.crc32c, of: large).base64,
                "x-amz-sdk-checksum-algorithm": "CRC32C",
            ], in: own.bucket)
        var sandbox = own
        let proxy = try sandbox.proxy(Fault(.corrupt(at: 400_000), of: "/large", skip: 1))
        let task = sandbox.task(nil, "part_size: 5MiB")
        let document = try await sandbox.fail(74, task)
        #expect(document.mounts.first?.code == "checksum-mismatch")
        proxy.expectDone()
        #expect(sandbox.found == [:])
        try await sandbox.succeed(task)
        sandbox.expect(["large": large])
    }

    // MARK: Other places

    /// Nobody is sent elsewhere with a signature.
    @Test(arguments: [301, 307])
    func redirectToAnotherHost(status: Int) async throws {
        let other = try ScriptedServer { request, connection in try connection.answer(200) }
        let headers = ["Location": "http://127.0.0.1:\(other.port)/stolen"]
        let deed = Fault.refusal(status, "TemporaryRedirect", headers, "<Endpoint>127.0.0.1:\(other.port)</Endpoint>")
        try await fails(78, "wrong-region", Fault(deed, of: "/small", times: 100))
        var sandbox = sandbox
        try sandbox.proxy(Fault(deed, of: "list-type=2", times: 100))
        let asked = try await sandbox.fail(78, task())
        #expect(asked.diagnostics.contains { $0.hasPrefix("error wrong-region") && $0.contains("\(other.port)") })
        #expect(other.connections == 0)
    }

    /// A server that asks for more patience than anybody has.
    @Test func busyForTooLong() async throws {
        let deed = Fault.refusal(503, "SlowDown", ["Retry-After": "3600"])
        try await fails(75, "throttled", Fault(deed, of: "/small", times: 100))
    }

    @Test func listingsThatAreNone() async throws {
        var sandbox = sandbox
        try sandbox.proxy(Fault(.answer(200, [:], "<html>portal</html>"), of: "list-type=2", times: 100))
        let finished = try await sandbox.run(task())
        #expect(finished.status == 69, "\(finished.output)")
        #expect(sandbox.files.names == [])
    }

    // MARK: Credentials

    /// Keys that expire on the way are looked for again where they came from.
    @Test func expiredOnce() async throws {
        let file = sandbox.files.path("credentials")
        @Sendable func write(_ keys: AWSCredentials) {
            let text =
                "[default]\naws_access_key_id = \(keys.accessKeyID)\naws_secret_access_key = \(keys.secretAccessKey)\n"
            try? Files.write(text, to: file)
        }
        write(TestBucketServer.owner)
        var sandbox = sandbox
        for name in S3Sandbox.keys(TestBucketServer.owner).keys { sandbox.environment[name] = nil }
        sandbox.environment["AWS_SHARED_CREDENTIALS_FILE"] = file
        let proxy = try sandbox.proxy(
            Fault(.meanwhile { write(TestBucketServer.second) }, of: "list-type=2"),
            Fault(Fault.refusal(400, "ExpiredToken"), of: "/large"))
        try await sandbox.succeed(task())
        sandbox.expect(Self.bucket.objects)
        proxy.expectDone()
        #expect(proxy.reads.last?.request["authorization"]?.contains("AKIDSECOND") == true)
    }

    @Test func expiredForGood() async throws {
        try await fails(77, "expired-credentials", Fault(Fault.refusal(400, "ExpiredToken"), of: "/small", times: 100))
    }
}
