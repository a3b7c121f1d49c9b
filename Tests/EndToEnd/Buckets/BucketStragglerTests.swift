import TestSupport
import Testing

/// One connection on which next to nothing comes, though enough not to be given up.
@Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct BucketStragglerTests {
    private static let large = BucketSandbox.bytes(60 << 20, seed: 7)
    private static let bucket = SharedBucket(["large": large])

    @Test func aConnectionThatDripsIsNotWaitedFor() async throws {
        var sandbox = try await BucketSandbox(Self.bucket)
        // The part alone would take more than twenty minutes.
        let proxy = try sandbox.proxy(Fault(.drip(4096), of: "/large", skip: 5))
        let document = try await sandbox.succeed(sandbox.task(nil, "part_size: 5MiB"))
        sandbox.expect(Self.bucket.objects)
        proxy.expectDone()
        #expect(proxy.reads.count == 13)
        #expect(document.mounts.first?.json["retries"] as? Int == 1)
    }

    @Test func whereAllDripNobodyIsAskedTwice() async throws {
        var sandbox = try await BucketSandbox(Self.bucket)
        let proxy = try sandbox.proxy(bytesPerSecond: 2 << 20)
        let document = try await sandbox.succeed(sandbox.task(nil, "part_size: 5MiB"))
        sandbox.expect(Self.bucket.objects)
        #expect(proxy.reads.count == 12)
        #expect(document.mounts.first?.json["retries"] as? Int == 0)
    }
}
