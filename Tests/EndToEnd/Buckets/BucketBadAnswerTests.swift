import Foundation
import TestSupport
import Testing

/// Answers that are wrong and not just late. A file with wrong bytes in it never appears.
@Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct BucketBadAnswerTests {
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

    // MARK: Ranges

    @Test(arguments: [
        "bytes 0-5242879/11534336", "bytes 5242880-10485759/11534337", "bytes 5242881-10485760/11534336", "bytes x",
        "bytes 5242880-10485758/11534336",
    ])
    func wrongContentRange(range: String) async throws {
        try await fails(
            74, range.hasSuffix("7") ? "source-changed" : "input-output",
            Fault.reading("large", .rewrite(["Content-Range": range]), skip: 1))
    }

    /// A part that pretends to be the whole, and one that does not say what it is.
    @Test(arguments: [200, 206])
    func partsThatSayNothingOfTheirPlace(status: Int) async throws {
        try await fails(
            74, status == 200 ? "source-changed" : "input-output",
            Fault.reading("large", .rewrite(status: status, ["Content-Range": nil])))
    }

    @Test func anotherVersion() async throws {
        let other = ["ETag": "\"00000000000000000000000000000000\"", "x-goog-generation": "7"]
        try await fails(74, "source-changed", Fault.reading("large", .rewrite(other), skip: 2))
        Files.removeTree(sandbox.files.destination)
        try await fails(74, "source-changed", Fault.reading("small", .rewrite(other)))
    }

    // MARK: Wrong bytes

    @Test(arguments: [0, 10_000, 19_999])
    func oneWrongByteIsFetchedAgain(place: Int) async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault.reading("small", .corrupt(at: place), times: 2))
        try await sandbox.succeed(task())
        sandbox.expect(Self.bucket.objects)
        proxy.expectDone()
    }

    @Test func bytesThatStayWrong() async throws {
        try await fails(74, "checksum-mismatch", Fault.reading("small", .corrupt(at: 77), times: 1000))
    }

    /// Where nobody looks, the proxy's byte comes through: it does what these tests rely on.
    @Test func withoutChecksums() async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault.reading("small", .corrupt(at: 77)))
        try await sandbox.succeed(task(", checksum: off"))
        var wrong = Self.bucket.objects
        wrong["small"]?[77] ^= 0xFF
        sandbox.expect(wrong)
        proxy.expectDone()
    }

    // MARK: Servers that are no help

    /// A server that asks for more patience than anybody has.
    @Test func busyForTooLong() async throws {
        let deed = Fault.refusal(503, "SlowDown", ["Retry-After": "3600"])
        try await fails(75, "throttled", Fault.reading("small", deed, times: 100))
    }

    @Test func listingsThatAreNone() async throws {
        var sandbox = sandbox
        try sandbox.proxy(Fault.listing(.answer(200, [:], "<html>portal</html>"), times: 100))
        let finished = try await sandbox.run(task())
        #expect(finished.status == 69, "\(finished.output)")
        #expect(sandbox.files.names == [])
    }
}
