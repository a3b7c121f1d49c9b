import Foundation
import TestSupport
import Testing

extension MountedBuckets {
    /// Buckets as mounts.
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct MountBucketTests {
        private let bucket: BucketSandbox
        private let sandbox: MountSandbox

        init() async throws {
            bucket = try await BucketSandbox()
            try await bucket.put(["a.txt": "hello\n", "deep/er/b": "deep\n"])
            sandbox = try MountSandbox(reading: bucket)
        }

        private func task(_ source: String, _ keys: String = "") -> String {
            "file_mounts: {\(sandbox.destination): \(sandbox.entry(source, keys))}"
        }

        @Test func isAFolder() async throws {
            let run = try sandbox.expect(0, task(bucket.url))
            #expect(run.mounts.first?.json["identity"] as? String != nil)
            #expect(
                try sandbox.output("cd $M && find . -type f | sort && cat a.txt deep/er/b")
                    == "./a.txt\n./deep/er/b\nhello\ndeep\n")
            // What comes into the bucket later is seen.
            try await bucket.put(["new": "later\n"])
            try sandbox.wait("the new object") { try sandbox.shell("cat $M/new").output == "later\n" }
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expectNothingLeft()
        }

        @Test func aPrefixAndAnObject() throws {
            try sandbox.expect(0, task("\(bucket.url)/deep/"))
            #expect(try sandbox.output("cat $M/er/b") == "deep\n")
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expect(0, task("\(bucket.url)/deep"))
            #expect(try sandbox.output("cat $M/er/b") == "deep\n")
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expect(0, task(bucket.url, "key_prefix: deep/er/"))
            #expect(try sandbox.output("cat $M/b") == "deep\n")
            #expect(try sandbox.verb("down").status == 0)
            #expect(try sandbox.shell("rmdir $M").status == 0)
            try sandbox.expect(0, task("\(bucket.url)/a.txt"))
            #expect(try sandbox.output("cat $M") == "hello\n")
            #expect(try sandbox.verb("down").status == 0)
            #expect(try sandbox.shell("rm $M").status == 0)
            // Nothing is there yet, which is fine for a mount.
            try sandbox.expect(0, task("\(bucket.url)/future/"))
            #expect(try sandbox.output("ls -A $M") == "")
        }

        @Test func aBucketThatIsNotThere() throws {
            let run = try sandbox.expect(66, task(bucket.server.url(of: "no-such-bucket-here")))
            #expect(run.mounts.first?.code == "not-found" && sandbox.mounts == [] && sandbox.supervisors == [])
        }

        /// A session that comes after one that was killed has the keys as well.
        @Test func theNextSessionCanRead() throws {
            try sandbox.expect(0, task(bucket.url))
            for _ in 0..<3 {
                let session = try #require(sandbox.sessions.first)
                kill(session, SIGKILL)
                #expect(try sandbox.output("cat $M/a.txt $M/deep/er/b") == "hello\ndeep\n")
                try sandbox.wait("another session") { sandbox.sessions != [session] && !sandbox.sessions.isEmpty }
            }
        }

        /// Where nobody uses a mount, nothing of it wakes up, neither at once for all nor every second.
        @Test func anIdleSessionSleeps() throws {
            try sandbox.expect(0, task(bucket.url))
            #expect(try sandbox.output("ls -lR $M > /dev/null; stat $M/absent 2> /dev/null; cat $M/a.txt") == "hello\n")
            let session = try #require(sandbox.sessions.first)
            // What was read is kept for a while.
            try sandbox.wait("a session that sleeps", seconds: 60) {
                let before = try wakeUps(of: session)
                sleep(4)
                // Less than none: a thread has ended, and its number with it.
                return (0...1).contains(try wakeUps(of: session) - before)
            }
        }

        private func wakeUps(of process: Int32) throws -> Int {
            let words = try sandbox.output("cat /proc/\(process)/task/*/status | grep ^voluntary_ctxt_switches")
            return words.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.reduce(0, +)
        }
    }
}
