import Foundation
import TestSupport
import Testing

extension CopyFaults {
    /// Copies from a bucket that are killed. They load the machine, so they run beside no other copy that is killed.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct BucketKills {
        private var sandbox: BucketSandbox
        private let proxy: FaultProxy

        /// Objects of up to two parts, which are 5 MiB here, come whole: the most that a kill can cost a connection.
        private static let largestAtOnce = 8 << 20
        private static let bucket = SharedBucket(
            Dictionary(
                uniqueKeysWithValues: (0..<80).map {
                    ("d\($0 % 7)/k\($0)", BucketSandbox.bytes($0 * 200, seed: UInt64($0)))
                }
            )
            .merging(["large": BucketSandbox.bytes(40 << 20), "whole": BucketSandbox.bytes(largestAtOnce, seed: 7)]) {
                first, _ in first
            })

        init() async throws {
            sandbox = try await BucketSandbox(Self.bucket)
            proxy = try sandbox.proxy(bytesPerSecond: 80 << 20)
        }

        /// However often it is killed and wherever: what is in place is right and stays, what has come is not fetched again but
        /// for one part or whole object a connection and kill, and one more run completes the tree.
        @Test func killedAtAnyMoment() async throws {
            let rounds = KillRounds()
            let (kills, seed) = (rounds.kills, rounds.seed)
            var chance = rounds.chance
            var (attempts, killed) = (0, 0)
            var (copy, total) = (Moved(), Moved())
            var before = FileTree(sandbox.files.destination)
            // A bound that follows how fast this machine is: most kills shall find the copy at work.
            var bound = 500.0
            var isComplete = true
            func complete() {
                sandbox.expect(Self.bucket.objects)
                copy.bytes = proxy.bytesRead - total.bytes
                #expect(copy.bytes <= copy.allowed, "seed \(seed)")
                total.bytes += copy.bytes
                total.allowed += copy.allowed
                isComplete = true
            }
            while killed < kills {
                attempts += 1
                try #require(attempts <= 4 * kills, "most copies end before they are killed; seed \(seed)")
                // Killed five times in a row, then completed, then from the beginning.
                if isComplete {
                    isComplete = false
                    Files.removeTree(sandbox.files.destination)
                    before = FileTree(sandbox.files.destination)
                    copy = Moved(allowed: Self.bucket.bytes)
                }
                let connections = attempts % 4 == 0 ? 3 : 1
                let task = sandbox.task(nil, "part_size: 5MiB, concurrency: \(connections)")
                let running = try sandbox.start(task)
                try await Task.sleep(for: .milliseconds(Int.random(in: 0..<Int(bound), using: &chance)))
                running.signal(SIGKILL)
                let wasKilled = try await running.end().status == 137
                bound = min(max(bound * (wasKilled ? 1.2 : 0.5), 50), 5000)
                guard wasKilled else {
                    complete()
                    continue
                }
                killed += 1
                copy.allowed += connections * Self.largestAtOnce
                let after = FileTree(sandbox.files.destination)
                sandbox.expectNothingElse(than: Self.bucket.objects, in: after)
                try CopySandbox.expectFilesStayed(from: before, to: after)
                before = after
                guard killed % 5 == 0 || killed == kills else { continue }
                try await sandbox.succeed(task)
                complete()
            }
            print("PROVISION_TEST_RESULT=\(killed) kills, \(total.bytes) bytes moved, \(total.allowed) allowed")
        }

        /// By the runs that one copy took, or all copies.
        private struct Moved {
            var bytes = 0
            /// The bucket's size, and a part for each connection of each run that was killed.
            var allowed = 0
        }
    }
}
