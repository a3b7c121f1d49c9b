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
}
