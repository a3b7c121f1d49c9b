import Glibc
import TestSupport
import Testing

extension MountedTasks {
    /// Processes behind mounts are killed.
    @Suite struct MountDeathTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
        }

        /// Readers wait a little longer and notice nothing.
        @Test func aSessionUnderReads() throws {
            try Files.write(
                S3Sandbox.bytes(24 << 20), to: Array(sandbox.path("src/big").utf8), modified: (1_600_000_000, 0))
            try sandbox.expect(0, sandbox.task())
            let right = try sandbox.output("md5sum < \(sandbox.path("src/big"))")
            let reader = try sandbox.start(
                "for i in 1 2 3 4 5 6; do dd if=$M/big bs=64k iflag=direct 2>/dev/null | md5sum; done")
            var killed: Set<Int32> = []
            while try reader.isRunning {
                if let session = sandbox.sessions.first, killed.count < 5, !killed.contains(session) {
                    kill(session, SIGKILL)
                    killed.insert(session)
                }
                usleep(100_000)
            }
            #expect(try reader.wait().output == String(repeating: right, count: 6))
            #expect(killed.count >= 2)
            let status = try #require(try sandbox.document("status").mounts.first)
            #expect(status.state == "mounted" && !killed.contains(status.process ?? 0))
            #expect(try TemporaryFolder.text(of: sandbox.files.state + "/task/log").contains("another session serves"))
        }

        @Test func theSupervisor() throws {
            try sandbox.expect(0, sandbox.task())
            kill(sandbox.supervisors[0], SIGKILL)
            try sandbox.wait("its session gone") { sandbox.sessions.isEmpty }
            let dead = try sandbox.shell("cat $M/a")
            #expect(dead.status != 0 && dead.errors.contains("not connected"), "\(dead)")
            let status = try #require(try sandbox.document("status").mounts.first)
            #expect(status.state == "failed" && status.code == "dead", "\(status.json)")
            // The next run replaces it.
            try sandbox.expect(0, sandbox.task())
            #expect(try sandbox.output("cat $M/a") == "hello\n")
            #expect(sandbox.mounts.count == 1)
        }

        /// Without waiting for what is left of it.
        @Test func theSupervisorAndAtOnceAnotherRun() throws {
            for _ in 0..<5 {
                try sandbox.expect(0, sandbox.task())
                kill(sandbox.supervisors[0], SIGKILL)
                try sandbox.expect(0, sandbox.task())
                #expect(try sandbox.output("cat $M/a") == "hello\n")
            }
            #expect(sandbox.mounts.count == 1)
        }

        @Test func downClearsUp() throws {
            try sandbox.expect(0, sandbox.task())
            kill(sandbox.supervisors[0], SIGKILL)
            let ended = try sandbox.document("down")
            #expect(ended.exitCode == 0 && ended.mounts.first?.state == "unmounted", "\(ended.json)")
            try sandbox.expectNothingLeft()
        }

        /// Also when another run has written a status without the mount since.
        @Test func downClearsUpWhatTheStatusDoesNotName() throws {
            try sandbox.expect(0, sandbox.task())
            kill(sandbox.supervisors[0], SIGKILL)
            try sandbox.expect(0, "file_mounts: {}")
            #expect(try sandbox.verb("down", "task").status == 0)
            try sandbox.expectNothingLeft()
        }

        /// When the same thing kills every session, programs get errors, and the next run mounts anew.
        @Test func aSessionThatDiesAgainAndAgain() throws {
            try sandbox.expect(0, sandbox.task())
            var killed: Set<Int32> = []
            try sandbox.wait("nobody tries again", seconds: 60) {
                for session in sandbox.sessions where killed.insert(session).inserted { kill(session, SIGKILL) }
                return try sandbox.document("status").mounts.first?.state == "failed"
            }
            #expect(try sandbox.document("status").mounts.first?.code == "dead")
            #expect(try sandbox.shell("cat $M/a").status != 0)
            try sandbox.expect(0, sandbox.task())
            #expect(try sandbox.output("cat $M/a") == "hello\n")
            #expect(sandbox.mounts.count == 1)
        }
    }
}
