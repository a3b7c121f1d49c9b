import Glibc
import TestSupport
import Testing

extension Mounts {
    /// Requests whose answers come late.
    struct WaitingTests {
        @Test func aStalledReadBlocksNobody() throws {
            let mount = try TestMount("stall=10000", "big=\(8 << 20)")
            // More than there are threads.
            let stalled = try (0..<40).map { _ in
                try mount.start("dd if=$M/stalled bs=100000 count=1 status=none | md5sum")
            }
            for _ in 0..<5 {
                #expect(try mount.output("cat $M/hello; ls $M/deep; stat -c %s $M/stalled") == "hello\ner\n1048576\n")
                #expect(try mount.output("cmp $M/big $M/direct && echo same") == "same\n")
            }
            #expect(try stalled.allSatisfy { try $0.isRunning })
            let expected = try mount.output("head -c 100000 $M/big | md5sum")
            for reader in stalled { #expect(try reader.wait().output == expected) }
        }

        /// The kernel lets nobody die who waits for an answer: it has to be given.
        @Test(
            arguments: ["cat $M/stalled", "stat $M/stalled-name", "head -c 1 $M/stalled"], [SIGKILL, SIGTERM, SIGQUIT])
        func whoIsKilledGoesAtOnce(line: String, signal: Int32) throws {
            let mount = try TestMount("stall=60000")
            let waiting = try Program.start(["sh", "-c", "exec \(line)"], environment: ["M": mount.path])
            usleep(300_000)
            #expect(try waiting.isRunning)
            let watch = ContinuousClock.now
            waiting.signal(signal)
            #expect(try waiting.wait(seconds: 10).status == 128 + signal)
            #expect(ContinuousClock.now - watch < .seconds(1))
            #expect(try mount.output("cat $M/hello") == "hello\n")
        }

        /// Programs that get a signal and go on do not expect `stat` to fail for it; a later one that ends them does.
        @Test func aSignalThatIsHandledInterruptsNothing() throws {
            let mount = try TestMount("stall=2000")
            let line = "exec perl -e '$SIG{USR1} = sub { $n++ }; stat(\"$ENV{M}/stalled-name\"); print \"$! $n\"'"
            let waiting = try Program.start(["sh", "-c", line], environment: ["M": mount.path])
            usleep(500_000)
            waiting.signal(SIGUSR1)
            #expect(try waiting.wait(seconds: 10).output == "No such file or directory 1")

            let later = try Program.start(["sh", "-c", line], environment: ["M": mount.path])
            usleep(500_000)
            later.signal(SIGUSR1)
            usleep(300_000)
            later.signal(SIGKILL)
            #expect(try later.wait(seconds: 1).status == 137)
        }

        /// A file system that forgets an answer.
        @Test func whatNobodyAnswersIsAnError() throws {
            let mount = try TestMount()
            let finished = try mount.start("cat $M/broken", seconds: 5).wait()
            #expect(finished.status == 1 && finished.errors.contains("Input/output error"), "\(finished)")
        }
    }
}
