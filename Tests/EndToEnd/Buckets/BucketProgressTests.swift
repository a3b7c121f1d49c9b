import Foundation
import TestSupport
import Testing

/// What a copy from a bucket tells of itself while it goes on, and what it has taken when it has ended.
@Suite(.onSeaweedFS) struct BucketProgressTests {
    private func events(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
        }
    }

    /// Each second there are more bytes, and at the end all requests have been counted, by us as by the proxy.
    @Test func figuresGrowUntilTheEnd() async throws {
        let large = BucketSandbox.bytes(16 << 20)
        var sandbox = try await BucketSandbox(SeaweedFS.shared, ["large": large, "small": [1]])
        let proxy = try sandbox.proxy(bytesPerSecond: 4 << 20)
        let metrics = sandbox.files.path("m.prom")
        let finished = try await sandbox.start(
            sandbox.task(nil, "part_size: 5MiB, concurrency: 1"), ["--output", "ndjson", "--metrics-file", metrics]
        ).end()
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        sandbox.expect(["large": large, "small": [1]])
        let events = try events(finished.output)
        let told = events.filter { $0["event"] as? String == "progress" }
        #expect(told.count >= 2)
        #expect(told.allSatisfy { $0["mount"] as? String == sandbox.files.destination })
        let objects = told.compactMap { $0["objects"] as? [String: Int] }
        #expect(objects.count == told.count && objects.allSatisfy { $0["total"] == 2 })
        let bytes = told.compactMap { $0["bytes"] as? [String: Int] }
        #expect(bytes.count == told.count && bytes.allSatisfy { $0["total"] == large.count + 1 })
        let done = bytes.compactMap { $0["done"] }
        #expect(done == done.sorted() && Set(done).count >= 2, "\(done)")
        #expect(done.allSatisfy { $0 <= large.count + 1 })
        let mount = try #require((events.last?["mounts"] as? [[String: Any]])?.first)
        #expect(mount["requests"] as? Int == proxy.passages.count)
        #expect(mount["retries"] as? Int == 0)
        guard Judge.isHere else { return }
        try sandbox.files.folder.write(finished.output, to: "e.ndjson")
        #expect(try Judge.objections(to: [sandbox.files.path("e.ndjson")], schema: "event") == [:])
        let figures = try Metrics(metrics)
        #expect(figures("mount_requests_total") == Double(proxy.passages.count))
        #expect(figures("mount_copied_bytes_total") == Double(large.count + 1))
    }
}
