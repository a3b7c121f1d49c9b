import Glibc
import TestSupport
import Testing

extension Mounts {
    /// Sessions that are killed.
    struct RevivalTests {
        /// How often; more for whoever has time.
        private static let kills = getenv("PROVISION_TEST_KILLS").flatMap { Int(String(cString: $0)) } ?? 12

        /// Kills the session that serves now, and waits until another one does.
        private func kill(_ mount: TestMount) throws {
            let (sessions, revivals) = (mount.sessions, mount.revivals)
            Glibc.kill(try #require(sessions.last), SIGKILL)
            try waitFor("another session") { mount.sessions.count > sessions.count && mount.revivals > revivals }
        }

        @Test func programsDoNotNotice() throws {
            let mount = try TestMount("big=\(48 << 20)", "deaths=\(10 * Self.kills)")
            let folder = try TemporaryFolder()
            try ReadingTests.write(0..<(48 << 20), to: folder.path("expected"))
            // Each goes on until the last kill is over, and tells of any difference or error.
            let loops = [
                "cmp $M/direct $T/expected",
                "cmp -i 1000003 -n 9000000 $M/direct $T/expected",
                "dd if=$M/big iflag=nocache bs=128k status=none | cmp - $T/expected",
                "[ $(find $M/many -name 'file-*' | wc -l) = 20000 ]",
                "cat $M/hello $M/deep/er/file | cmp - $T/short",
                "stat -c %s $M/hello $M/deep/er/file $M/many/file-77 >/dev/null",
            ]
            try folder.write("hello\ndeep\n", to: "short")
            let programs = try loops.map { loop -> RunningProgram in
                let again = "n=0; while [ ! -e $T/done ]; do \(loop) || exit 1; n=$((n + 1)); done; echo $n"
                return try mount.start(again, in: folder)
            }
            for _ in 0..<Self.kills {
                usleep(UInt32.random(in: 20_000..<300_000))
                try kill(mount)
            }
            try folder.write("", to: "done")
            for (loop, program) in zip(loops, programs) {
                let finished = try program.wait()
                #expect(finished.status == 0 && finished.errors == "", "\(loop): \(finished)")
                #expect(Int(finished.output.dropLast()) ?? 0 > 0)
            }
            #expect(mount.sessions.count > Self.kills)
            #expect(try mount.end().status == 0)
        }

        /// The dead session had read it and had not answered.
        @Test func whatWaitedIsAnsweredByTheNext() throws {
            let mount = try TestMount("stall=2500")
            let waiting = try (0..<20).map { _ in
                try mount.start("dd if=$M/stalled bs=70000 count=1 status=none | md5sum")
            }
            usleep(700_000)
            try kill(mount)
            usleep(300_000)
            try kill(mount)
            let expected = try mount.output("head -c 70000 $M/big | md5sum")
            for reader in waiting { #expect(try reader.wait().output == expected) }
        }

        /// What the file system keeps in the keeper's memory is there for the next one.
        @Test func memoryOutlivesTheSession() throws {
            let mount = try TestMount("validity=0")
            #expect(try mount.output("cat $M/session") == "1\n")
            try kill(mount)
            try kill(mount)
            // Opened directly: the kernel would still show what it remembers of a file that has not changed.
            #expect(try mount.output("dd if=$M/session iflag=direct status=none") == "3\n")
            // Another mount begins anew.
            #expect(try TestMount().output("cat $M/session") == "1\n")
        }

        /// Also then nobody is stuck who is killed.
        @Test func whoWaitsMayDieAfterwards() throws {
            let mount = try TestMount("stall=60000")
            let waiting = try Program.start(["sh", "-c", "exec cat $M/stalled"], environment: ["M": mount.path])
            usleep(300_000)
            try kill(mount)
            usleep(300_000)
            waiting.signal(SIGKILL)
            #expect(try waiting.wait(seconds: 1).status == 137)
        }

        @Test func whenEverySessionDiesProgramsGetErrors() throws {
            let folder = try TemporaryFolder()
            let mount = try TestMount(in: folder, ["crash-later", "stall=60000"])
            let waiting = try mount.start("cat $M/stalled")
            usleep(300_000)
            Glibc.kill(try #require(mount.sessions.last), SIGKILL)
            try waitFor("the keeper gives up", seconds: 60) { mount.said.contains("gaveUp") }
            let finished = try waiting.wait()
            #expect(finished.status == 1, "\(finished)")
            // The dead mount stays, so that nobody writes below it.
            let touched = try mount.shell("touch $M/x")
            #expect(touched.errors.contains("Transport endpoint is not connected"), "\(touched)")
            try waitFor("the keeper ends") { !mount.isKept }

            let next = try TestMount(in: folder)
            #expect(try next.output("cat $M/hello") == "hello\n")
            #expect(try next.end().status == 0)
            #expect(!next.isMounted)
        }

        @Test func withTheKeeperEverythingEnds() throws {
            let folder = try TemporaryFolder()
            let mount = try TestMount(in: folder, ["stall=60000"])
            let session = try #require(mount.sessions.last)
            let waiting = try mount.start("cat $M/stalled")
            usleep(300_000)
            mount.keeper.signal(SIGKILL)
            #expect(try mount.keeper.wait(seconds: 5).status == 137)
            try waitFor("the session ends", seconds: 5) { Glibc.kill(session, 0) == -1 }
            #expect(try waiting.wait().status == 1)
            #expect(try mount.shell("ls $M").errors.contains("Transport endpoint is not connected"))

            let next = try TestMount(in: folder)
            #expect(try next.output("cat $M/hello") == "hello\n")
        }
    }
}
