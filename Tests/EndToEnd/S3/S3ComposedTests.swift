import Foundation
import TestSupport
import Testing

/// Objects that Amazon's own library has uploaded in parts. The server keeps a checksum of the checksums of those, and what arrives
/// wrong is seen by it.
@Suite(.onSeaweedFS) struct S3ComposedTests {
    private var sandbox: BucketSandbox
    private static let content = BucketSandbox.bytes(21 << 20)

    init() async throws {
        sandbox = try await BucketSandbox(SeaweedFS.shared)
    }

    /// What the server then says of it.
    private func upload(inPartsOf size: Int, _ algorithm: String? = nil) async throws -> String {
        try Data(Self.content).write(to: URL(filePath: sandbox.files.path("content")))
        let script = Judge.project.appending(path: "Tests/EndToEnd/Support/upload.py").path
        let words = [
            Judge.python, script, String(sandbox.server.port), sandbox.bucket, "a", sandbox.files.path("content"),
            String(size),
        ]
        let finished = try await Program.start(
            words + (algorithm.map { [$0] } ?? []), environment: sandbox.environment
        ).end()
        #expect(finished.status == 0, "\(finished.errors)")
        return finished.output
    }

    /// In parts as large as ours, smaller ones, and larger ones of which ours are no pieces unless we make them so.
    @Test(arguments: [8, 5, 11]) mutating func bytesThatArriveWrongAreFetchedAgain(mebibytes: Int) async throws {
        #expect(try await upload(inPartsOf: mebibytes << 20).contains("x-amz-checksum-type=COMPOSITE"))
        let proxy = try sandbox.proxy()
        try await sandbox.succeed(sandbox.task())
        sandbox.expect(["a": Self.content])
        let parts = proxy.reads.count
        proxy.add(.reading("a", .corrupt(at: 12_345), skip: 1))
        try await sandbox.succeed(sandbox.task(), "--force")
        sandbox.expect(["a": Self.content])
        #expect(proxy.reads.count >= 3 * parts, "all of it a second time")
    }

    @Test(arguments: ["auto", "full"]) mutating func damageThatStaysIsTold(checksum: String) async throws {
        _ = try await upload(inPartsOf: 8 << 20)
        try sandbox.proxy(.reading("a", .corrupt(at: 12_345), times: 1000))
        let document = try await sandbox.fail(74, sandbox.task(nil, "checksum: \(checksum)"))
        #expect(document.mounts.first?.code == "checksum-mismatch")
        sandbox.expectNothingElse(than: [:])
    }

    /// Where there are only digests, `full` reads back what has been written: SHA-256 and, where no checksum is kept, the ETag.
    @Test mutating func digestsOfParts() async throws {
        #expect(try await upload(inPartsOf: 8 << 20, "SHA256").contains("x-amz-checksum-sha256="))
        let proxy = try sandbox.proxy()
        let right = try await sandbox.succeed(sandbox.task(nil, "checksum: full"))
        #expect(right.diagnostics == [])
        proxy.add(.reading("a", .corrupt(at: 12_345), times: 1000))
        try await sandbox.succeed(sandbox.task(nil, "checksum: auto"), "--force")
        try await sandbox.fail(74, sandbox.task(nil, "checksum: full"), "--force")
    }
}
