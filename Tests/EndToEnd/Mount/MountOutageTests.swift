import Foundation
import TestSupport
import Testing

extension MountedBuckets {
    /// A service that is not there for a while: connections break, and new ones are refused.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct MountOutageTests {
        private static let large = BucketSandbox.bytes(24 << 20, seed: 9)
        private static let bucket = SharedBucket(["large": large, "d/a": Array("a\n".utf8), "e/b": Array("b\n".utf8)])

        private let bucket: BucketSandbox
        private let port: Int
        private let sandbox: MountSandbox

        init() async throws {
            var bucket = try await BucketSandbox(Self.bucket)
            port = try FreePorts.take(1)[0]
            bucket.port = port
            self.bucket = bucket
            sandbox = try MountSandbox(reading: bucket)
            try Files.write(Self.large, to: Array(sandbox.path("large").utf8))
        }

        private func proxy(bytesPerSecond: Int? = nil) throws -> FaultProxy {
            try FaultProxy(to: bucket.server.port, port: port, bytesPerSecond: bytesPerSecond)
        }

        /// The threads of a proxy may have it for a moment longer than we.
        private func waitUntilGone() throws {
            try sandbox.wait("the proxy gone") {
                try sandbox.shell("bash -c 'exec 3<>/dev/tcp/127.0.0.1/\(port)'").status != 0
            }
        }

        private func task(_ keys: String = "") -> String { sandbox.task(of: bucket, keys) }

        /// Who reads and who looks waits, and goes on when it is back; the status says meanwhile what is waited for.
        @Test func itIsWaitedFor() async throws { try await isWaitedFor(BucketOutageTests.seconds) }

        fileprivate func isWaitedFor(_ seconds: Int) async throws {
            var proxy: FaultProxy? = try proxy(bytesPerSecond: 1 << 20)
            try sandbox.expect(0, task())
            let reader = try sandbox.start(
                "cmp $M/large \(sandbox.path("large"))", seconds: seconds + 60)
            try sandbox.wait("it reads") { (proxy?.bytesRead ?? 0) > 2 << 20 }
            let before = proxy?.bytesRead ?? 0
            proxy = nil
            try waitUntilGone()
            let lookers = try ["ls $M/d", "cat $M/e/b"].map {
                try sandbox.start($0, seconds: seconds + 60)
            }
            try sandbox.wait("the status says so") {
                let status = try sandbox.status()
                return status.code == "unreachable" && status.trouble.contains("asked again and again")
            }
            try await Task.sleep(for: .seconds(seconds))
            #expect(try reader.isRunning && lookers.allSatisfy { try $0.isRunning })
            let again = try self.proxy()
            #expect(try reader.wait(seconds: 60).status == 0)
            #expect(try lookers[0].wait(seconds: 60).output == "a\n" && lookers[1].wait(seconds: 60).output == "b\n")
            #expect(before < Self.large.count && again.reads.count > 0)
            #expect(try sandbox.status().state == "mounted")
        }

        /// But not for longer than `io_timeout`.
        @Test func itIsAwayForTooLong() async throws {
            var proxy: FaultProxy? = try proxy(bytesPerSecond: 1 << 20)
            try sandbox.expect(0, task("io_timeout: 3s"))
            #expect(try sandbox.output("ls $M") == "d\ne\nlarge\n")
            let reader = try sandbox.start("cmp $M/large \(sandbox.path("large"))")
            try sandbox.wait("it reads") { (proxy?.bytesRead ?? 0) > 2 << 20 }
            proxy = nil
            try waitUntilGone()
            let lookers = try ["ls $M/d", "cat $M/e/b"].map { try sandbox.start($0) }
            for program in [reader] + lookers {
                let finished = try program.wait(seconds: 60)
                #expect(finished.status != 0 && finished.errors.contains("Input/output error"), "\(finished)")
            }
            let status = try sandbox.status()
            #expect(status.code == "unreachable" && status.trouble.contains("3s: "), "\(status.trouble)")
            #expect(status.error["retryable"] as? Bool == true && status.state == "mounted")
            try withExtendedLifetime(try self.proxy()) {
                try sandbox.wait("it is back", seconds: 30) {
                    try sandbox.shell("cmp $M/large \(sandbox.path("large")) && cat $M/d/a $M/e/b").output == "a\nb\n"
                }
            }
        }
    }
}

/// One that lasts, which keeps no other test waiting.
@Suite(.onSeaweedFS) struct MountLongOutageTests {
    @Test func aMinuteIsWaitedFor() async throws {
        try await MountedBuckets.MountOutageTests().isWaitedFor(60)
    }
}
