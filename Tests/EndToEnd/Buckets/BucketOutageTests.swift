import Foundation
import TestSupport
import Testing

/// A service that is not there for a while in the middle of a copy: connections break, and new ones are refused.
@Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct BucketOutageTests {
    private static let objects: [String: [UInt8]] = Dictionary(
        uniqueKeysWithValues: [("large", BucketSandbox.bytes(40 << 20, seed: 9))]
            + (0..<60).map { ("small/\($0)", BucketSandbox.bytes(50_000, seed: UInt64($0))) })
    private static let bucket = SharedBucket(objects)

    /// `PROVISION_TEST_OUTAGE` says for how many seconds; by itself as short as tests should be.
    static let seconds = ProcessInfo.processInfo.environment["PROVISION_TEST_OUTAGE"].flatMap { Int($0) } ?? 4

    @Test func itIsWaitedFor() async throws { try await isWaitedFor(Self.seconds) }

    fileprivate func isWaitedFor(_ seconds: Int) async throws {
        var sandbox = try await BucketSandbox(Self.bucket)
        var proxy: FaultProxy? = try FaultProxy(to: sandbox.server.port, bytesPerSecond: 2 << 20)
        let port = try #require(proxy?.port)
        sandbox.port = port
        let running = try sandbox.start(sandbox.task(nil, "part_size: 5MiB"))
        while try running.isRunning, (proxy?.bytesRead ?? 0) < 4 << 20 {
            try await Task.sleep(for: .milliseconds(5))
        }
        let before = proxy?.bytesRead ?? 0
        proxy = nil
        try await Task.sleep(for: .seconds(seconds))
        #expect(try running.isRunning)
        let again = try FaultProxy(to: sandbox.server.port, port: port)
        let finished = try await running.end()
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        sandbox.expect(Self.objects)
        #expect(before < sandbox.found.values.reduce(0) { $0 + $1.count })
        #expect(again.reads.count > 0)
        #expect((try Document(finished).mounts.first?.json["retries"] as? Int ?? 0) > 0)
    }
}

/// One that lasts, which keeps no other test waiting.
@Suite(.onSeaweedFS) struct BucketLongOutageTests {
    @Test func halfAMinuteIsWaitedFor() async throws { try await BucketOutageTests().isWaitedFor(30) }
}
