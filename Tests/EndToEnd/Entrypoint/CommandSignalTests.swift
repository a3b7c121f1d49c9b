import Foundation
import TestSupport
import Testing

extension Entrypoints {
    /// Signals and processes without parents: what an entrypoint is for.
    @Suite struct CommandSignalTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
        }

        /// A COMMAND that says which signals it gets, until it is asked to end.
        private static let listener = """
            import signal, sys, time
            def heard(number, frame):
                print(signal.Signals(number).name if number < 34 else number, flush=True)
                if number == signal.SIGTERM: sys.exit(3)
            for number in range(1, 65):
                if number not in (9, 19, 32, 33): signal.signal(number, heard)
            print("ready", flush=True)
            while True: time.sleep(0.02)
            """

        private static let names: [(name: String, number: Int32)] = [
            ("SIGHUP", 1), ("SIGINT", 2), ("SIGQUIT", 3), ("SIGABRT", 6), ("SIGUSR1", 10), ("SIGUSR2", 12),
            ("SIGALRM", 14), ("SIGCONT", 18), ("SIGTSTP", 20), ("SIGWINCH", 28), ("SIGPWR", 30), ("40", 40),
        ]

        @Test func everySignalIsForwarded() throws {
            let program = try sandbox.enter([Judge.python, "-c", Self.listener])
            try sandbox.wait("COMMAND") { program.outputSoFar.hasPrefix("ready\n") }
            for (name, number) in Self.names {
                program.signal(number)
                do {
                    try sandbox.wait(name) { program.outputSoFar.hasSuffix("\n\(name)\n") }
                } catch {
                    Issue.record("heard \(program.outputSoFar.split(separator: "\n"))")
                    throw error
                }
            }
            program.signal(SIGTERM)
            #expect(try program.wait(seconds: 60).status == 3)
            #expect(program.outputSoFar.split(separator: "\n").count == Self.names.count + 2, "\(program.outputSoFar)")
            try sandbox.expectNothingLeft()
        }

        /// To all of its group, as from a terminal.
        @Test func theGroupGetsIt() throws {
            let program = try sandbox.enter([
                "sh", "-c",
                "(trap 'echo child; exit' TERM; while :; do sleep 0.02; done) & trap 'wait; exit 4' TERM; echo ready; wait",
            ])
            try sandbox.wait("COMMAND") { program.outputSoFar.contains("ready\n") }
            usleep(100_000)
            program.signal(SIGTERM)
            let run = try program.wait(seconds: 60)
            #expect(run.status == 4 && run.output == "ready\nchild\n", "\(run)")
        }

        /// It may write until it ends, however long that takes.
        @Test func itMayWriteUntilItEnds() throws {
            let program = try sandbox.enter([
                "sh", "-c",
                "trap 'sleep 0.5; echo late > $M/late; exit 0' TERM; echo ready; while :; do sleep 0.02; done",
            ])
            try sandbox.wait("COMMAND") { program.outputSoFar.contains("ready\n") }
            program.signal(SIGTERM)
            #expect(try program.wait(seconds: 60).status == 0)
            #expect(sandbox.stored("late") == "late\n")
        }

        @Test func oneThatDoesNotListen() throws {
            let program = try sandbox.enter(["sh", "-c", "trap '' TERM; echo ready; sleep 1; echo new > $M/b"])
            try sandbox.wait("COMMAND") { program.outputSoFar.contains("ready\n") }
            program.signal(SIGTERM)
            #expect(try program.wait(seconds: 60).status == 0)
            #expect(sandbox.stored("b") == "new\n")
        }

        /// Before all mounts are ready nothing is run, and nothing stays, also of those that are.
        @Test(arguments: [SIGTERM, SIGINT, SIGKILL])
        func beforeTheMountsAreReady(signal: Int32) async throws {
            let (bucket, proxy, sandbox) = try await MountSandbox.ofBucket(["x/big": Content.bytes(1 << 20, seed: 7)])
            let first = sandbox.path("first")
            let task =
                "file_mounts: {\(first): {source: ./src, mode: MOUNT}, "
                + "\(sandbox.destination): \"\(bucket.url)/x/\"}"
            proxy.add(Fault(.stall(after: 100), of: "/x/big", times: .max))
            let program = try sandbox.enter(["touch", sandbox.path("ran")], task: task)
            try sandbox.wait("the first mount") { sandbox.mounts == [first] }
            program.signal(signal)
            #expect(try program.wait(seconds: 60).status == 128 + signal)
            #expect(!FileManager.default.fileExists(atPath: sandbox.path("ran")))
            try sandbox.expectNothingLeft()
            if signal != SIGKILL { #expect(try sandbox.lastStatus().exitSource == "provision") }
        }

        // MARK: Processes without parents

        private static let orphans =
            "for i in 1 2 3; do (sh -c 'sleep 0.2' & ) ; done; sleep 1; ps -o stat= --ppid $PPID | grep -c Z"

        @Test func orphansAreLookedAfter() throws {
            #expect(try sandbox.entered(Self.orphans).output == "0\n")
        }

        /// What stays in its group ends with it, and what it had written is saved.
        @Test func whatIsLeftInTheGroupEnds() throws {
            let run = try sandbox.entered(
                "(sleep 300; echo never) & (trap '' TERM; exec sleep 301) & echo new > $M/b; exit 5")
            #expect(run.status == 5 && !run.output.contains("never"), "\(run)")
            #expect(run.errors.contains("COMMAND has ended and left") && run.errors.contains("sleep ("), "\(run)")
            #expect(sandbox.stored("b") == "new\n")
            try sandbox.expectNothingLeft()
        }
    }
}
