import Checksums
import Foundation
import Signing
import TestSupport
import Testing

/// Answers that only S3 gives, and that are wrong.
@Suite(.onSeaweedFS) struct S3BadAnswerTests {
    private var sandbox: BucketSandbox
    private static let bucket = BucketFaultTests.bucket

    init() async throws {
        sandbox = try await BucketSandbox(Self.bucket)
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

    /// Parts are checked together, against what the server states of the whole, and fetched again together.
    @Test(arguments: [1, 2, 3])
    func aWrongByteInAPart(times: Int) async throws {
        let large = BucketSandbox.bytes(11 << 20, seed: 5)
        let own = try await BucketSandbox(SeaweedFS.shared)
        try await own.s3.put(
            "large", large,
            [
                "x-amz-checksum-crc32c": try Checksum(.crc32c, of: large).base64,
                "x-amz-sdk-checksum-algorithm": "CRC32C",
            ], in: own.bucket)
        var sandbox = own
        let proxy = try sandbox.proxy(
            Fault(.corrupt(at: 400_000), times: times) {
                $0.isRead && $0.key.hasSuffix("large") && $0["Range"]?.hasPrefix("bytes=0-") == true
            })
        let task = sandbox.task(nil, "part_size: 5MiB")
        if times == 3 {
            let document = try await sandbox.fail(74, task)
            #expect(document.mounts.first?.code == "checksum-mismatch")
            #expect(sandbox.found == [:])
        }
        let copied = try await sandbox.succeed(task)
        proxy.expectDone()
        sandbox.expect(["large": large])
        #expect(copied.mounts.first?.bytes == ["total": large.count, "done": large.count])
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

    /// Amazon says so where a bucket is; from then on requests are signed for that.
    @Test func redirectToAnotherRegion() async throws {
        var sandbox = sandbox
        let moved = Fault.refusal(301, "PermanentRedirect", ["x-amz-bucket-region": "eu-west-3"])
        let proxy = try sandbox.proxy(Fault(moved, of: "list-type=2"))
        try await sandbox.succeed(task())
        sandbox.expect(Self.bucket.objects)
        proxy.expectDone()
        #expect(proxy.reads.allSatisfy { $0.request["Authorization"]?.contains("/eu-west-3/s3/") == true })
    }

    // MARK: Credentials

    /// Keys that expire on the way are looked for again where they came from.
    @Test(arguments: [400, 403]) func expiredOnce(status: Int) async throws {
        let file = sandbox.files.path("credentials")
        @Sendable func write(_ keys: AWSCredentials) {
            let text =
                "[default]\naws_access_key_id = \(keys.accessKeyID)\naws_secret_access_key = \(keys.secretAccessKey)\n"
            try? Files.write(text, to: file)
        }
        write(TestBucketServer.owner)
        var sandbox = sandbox
        for name in TestBucketServer.owner.variables.keys { sandbox.environment[name] = nil }
        sandbox.environment["AWS_SHARED_CREDENTIALS_FILE"] = file
        let proxy = try sandbox.proxy(
            Fault(.meanwhile { write(TestBucketServer.second) }, of: "list-type=2"),
            Fault(Fault.refusal(status, "ExpiredToken"), of: "/large"))
        try await sandbox.succeed(task())
        sandbox.expect(Self.bucket.objects)
        proxy.expectDone()
        #expect(proxy.reads.last?.request["authorization"]?.contains("AKIDSECOND") == true)
    }

    @Test(arguments: [400, 403]) func expiredForGood(status: Int) async throws {
        let fault = Fault(Fault.refusal(status, "ExpiredToken"), of: "/small", times: 100)
        try await fails(77, "expired-credentials", fault)
    }
}
