import Foundation
import TestSupport
import Testing

extension MountedBuckets {
    /// What goes to and fro between a mount and its bucket, as its figures say.
    @Suite(
        .over(.seaweedFS, .ceph, .google, .fakeGCS, .azure),
        .enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)))
    struct MountTrafficTests {
        @Test func figures() async throws {
            let bucket = try await BucketSandbox()
            try await bucket.put(["large": String(repeating: "x", count: 300_000)])
            let sandbox = try MountSandbox(reading: bucket)
            let path = sandbox.path("m.prom")
            let keys = "mode: MOUNT, cache: {dir: \(sandbox.path("cache"))}"
            let task = "file_mounts: {\(sandbox.destination): {source: \"\(bucket.url)\", \(keys)}}"
            try sandbox.expect(0, task, "--metrics-file", "m.prom")
            _ = try sandbox.output("cat $M/large > /dev/null; head -c 200000 /dev/zero > $M/new")
            try sandbox.wait("what was read and written") {
                let metrics = try Metrics(path)
                return metrics("mount_received_bytes_total") ?? 0 >= 300_000
                    && metrics("mount_sent_bytes_total") ?? 0 >= 200_000
                    && metrics("mount_cache_misses_total") ?? 0 > 0
            }
            let status = try #require(try sandbox.document("status").mounts.first)
            #expect(status.json["requests"] as? Int ?? 0 >= 3)
            #expect(try sandbox.verb("down").status == 0)
            let metrics = try Metrics(path)
            #expect(metrics("mount_uploaded_bytes_total") == 200_000)
            #expect(metrics("mount_requests_total") ?? 0 >= 3 && metrics("mount_retries_total") != nil)
            // Neither what the bucket holds nor who reads it.
            let text = try TemporaryFolder.text(of: path)
            for secret in ["large", bucket.bucket] + bucket.environment.filter({ $0.key.contains("KEY") }).values {
                #expect(!text.contains(secret))
            }
            // Of what was kept the disk gives it back.
            try sandbox.expect(0, task, "--metrics-file", "m.prom")
            _ = try sandbox.output("cat $M/large > /dev/null")
            try sandbox.wait("hits") { try Metrics(path)("mount_cache_hits_total") ?? 0 > 0 }
        }
    }
}
