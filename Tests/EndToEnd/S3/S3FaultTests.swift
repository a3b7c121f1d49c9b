import Foundation
import TestSupport
import Testing

/// Faults that only S3 knows.
@Suite(.onSeaweedFS) struct S3FaultTests {
    private func getsOver(_ fault: Fault) async throws -> FaultProxy {
        var sandbox = try await BucketSandbox(BucketFaultTests.bucket)
        let proxy = try sandbox.proxy(fault)
        try await sandbox.succeed(sandbox.task(nil, "part_size: 5MiB"))
        sandbox.expect(BucketFaultTests.bucket.objects)
        proxy.expectDone()
        return proxy
    }

    /// What is a mistake of ours by its number is one of the server's by its word.
    @Test func aRequestThatCameTooSlowly() async throws {
        let deed = Fault.refusal(400, "RequestTimeout")
        _ = try await getsOver(Fault(deed, of: "/large", skip: 1, times: 2))
    }

    /// A region that nobody has stated is learned from the refusal.
    @Test func anotherRegion() async throws {
        let deed = Fault.refusal(400, "AuthorizationHeaderMalformed", [:], "<Region>eu-west-3</Region>")
        let proxy = try await getsOver(Fault.listing(deed))
        let isThere = proxy.passages.map { $0.request["authorization"]?.contains("/eu-west-3/") == true }
        #expect(isThere.first == false && isThere.dropFirst().allSatisfy { $0 })
    }

    /// A single object is looked at before it is copied, and refusals of that have no words.
    @Test(arguments: [408, 429, 500, 502, 503, 504]) func lookingAtAnObject(status: Int) async throws {
        var sandbox = try await BucketSandbox(BucketFaultTests.bucket)
        let proxy = try sandbox.proxy(
            Fault(Fault.refusal(status, ""), "HEAD", of: "/large", times: 2),
            Fault(.hangUp, "HEAD", of: "/large", times: 2))
        let document = try await sandbox.succeed(sandbox.task("\(sandbox.url)/large", "part_size: 5MiB"))
        proxy.expectDone()
        let copied = try Data(contentsOf: URL(filePath: sandbox.files.destination))
        #expect(copied == Data(BucketFaultTests.bucket.objects["large"] ?? []))
        // Old connections that are closed before the answer curl replaces by itself, and there may be two of them.
        #expect((document.mounts.first?.json["retries"] as? Int ?? 0) >= 2)
    }
}
