import Foundation
import TestSupport
import Testing

extension Entrypoints {
    /// COMMAND on a terminal, as behind `docker run -it` and as a job of a shell.
    @Suite struct CommandTerminalTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
        }

        /// Sits at a terminal where these words run.
        private func sit(
            _ steps: [[Any]], at words: [String], location: Testing.SourceLocation = #_sourceLocation
        ) throws -> Finished {
            let list = String(decoding: try JSONSerialization.data(withJSONObject: steps), as: UTF8.self)
            let script = Judge.project.appending(path: "Tests/EndToEnd/Entrypoint/terminal.py").path
            let run = try Program.start(
                [Judge.python, script, list] + words,
                environment: ["M": sandbox.destination, "PS1": "> ", "TERM": "dumb", "HISTFILE": ""],
                in: sandbox.files.folder.path
            ).wait(seconds: 120)
            #expect(run.status == 0, "\(run.errors)\(run.output)", sourceLocation: location)
            return run
        }

        private func words(_ command: String...) throws -> [String] {
            try sandbox.files.words(sandbox.writableTask, ["-q", "--output", "text"]) + ["--"] + command
        }

        /// The terminal's own: ^C reaches COMMAND's group, and what is typed is for it. Also as process 1 that has a session of its
        /// own, as in a container.
        @Test(arguments: [false, true])
        func aShellWorks(isFirst: Bool) throws {
            let first = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "setsid", "--ctty"]
            let job = "sh -c 'echo runs; exec sleep 100'\n"
            let run = try sit(
                [
                    ["expect", "> "], ["type", "cat $M/a; stty size;\n"],
                    ["expect", "hello"], ["size", 33, 111], ["type", "stty size\n"], ["expect", "\n33 111"],
                    ["expect", "> "], ["type", job], ["expect", "\nruns"], ["type", "\u{3}"], ["expect", "\n> "],
                    ["type", "echo got $?\n"], ["expect", "\ngot 130"], ["expect", "> "], ["type", job],
                    ["expect", "\nruns"], ["type", "\u{1A}"], ["expect", "Stopped"], ["expect", "\n> "],
                    ["type", "kill %1; fg\n"], ["expect", "Terminated"], ["expect", "\n> "],
                    ["type", "echo new > $M/b; exit 5\n"], ["end"],
                ], at: (isFirst ? first : []) + words("bash", "--norc", "-i"))
            #expect(run.output.hasPrefix("5\n"), "\(run.output)")
            #expect(sandbox.stored("b") == "new\n")
            try sandbox.expectNothingLeft()
        }

        @Test func windowSizeIsTold() throws {
            let run = try sit(
                [["expect", "ready"], ["size", 40, 99], ["expect", "40 99"], ["end"]],
                at: try words(
                    "bash", "-c", "trap 'stty size; exit 4' WINCH; echo ready; while :; do sleep 0.05; done"))
            #expect(run.output.hasPrefix("4\n"), "\(run.output)")
        }

        /// Our own progress is above it.
        @Test func whatItPrintsStays() throws {
            let words = try sandbox.files.words(sandbox.writableTask, ["--output", "text"])
            let run = try sit(
                [["expect", "own"], ["end"]], at: words + ["--", "sh", "-c", "echo own; echo new > $M/b; sleep 0.3"])
            #expect(run.output.contains("\u{1B}[K") && run.output.contains("1 file saved"), "\(run.output)")
            let behind = try #require(run.output.split(separator: "own").last)
            #expect(!behind.contains("\u{1B}["), "\(run.output)")
        }

        @Test func interruption() throws {
            let run = try sit(
                [["expect", "ready"], ["type", "\u{3}"], ["end"]],
                at: try words("sh", "-c", "echo ready; exec sleep 100"))
            #expect(run.output.hasPrefix("130\n"), "\(run.output)")
            try sandbox.expectNothingLeft()
        }

        /// ^Z stops both, and `fg` and `bg` have both go on.
        @Test func aJobOfAShell() throws {
            let job = try words("sh", "-c", "echo ready; read line; echo got $line; sleep 0.2; exit 6")
                .map { "'\($0)'" }.joined(separator: " ")
            let run = try sit(
                [
                    ["expect", "> "], ["type", job + "\n"], ["expect", "\nready"], ["type", "\u{1A}"],
                    ["expect", "Stopped"], ["expect", "\n> "], ["type", "echo back\n"], ["expect", "\nback"],
                    ["type", "fg\n"], ["expect", "provision"], ["type", "typed\n"], ["expect", "got typed"],
                    ["expect", "> "], ["type", "echo status $?\n"], ["expect", "status 6"], ["type", "exit 0\n"],
                    ["end"],
                ], at: ["bash", "--norc", "-i"])
            #expect(run.output.hasPrefix("0\n"), "\(run.output)")
            try sandbox.expectNothingLeft()
        }

        /// In a pipe the other programs keep the terminal until COMMAND wants to read from it; ^C and ^Z are for all.
        @Test func inAPipe() throws {
            let command = """
                import os, signal, time
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                print("ready", flush=True)
                line = input()
                signal.signal(signal.SIGCONT, lambda *_: os.write(1, b"on\\n"))
                print("got", line, flush=True)
                while True: time.sleep(0.05)
                """
            try sandbox.files.folder.write(command, to: "reader.py")
            let job = try words(Judge.python, sandbox.path("reader.py")).map { "'\($0)'" }.joined(separator: " ")
            let run = try sit(
                [
                    ["expect", "> "], ["type", job + " | cat\n"], ["expect", "\nready"], ["type", "typed\n"],
                    ["expect", "got typed"], ["type", "\u{1A}"], ["expect", "Stopped"], ["expect", "\n> "],
                    ["type", "fg\n"], ["expect", "\non"], ["type", "\u{3}"], ["expect", "\n> "],
                    ["type", "echo status ${PIPESTATUS[0]}\n"], ["expect", "status 130"], ["type", "exit 0\n"],
                    ["end"],
                ], at: ["bash", "--norc", "-i"])
            #expect(run.output.hasPrefix("0\n"), "\(run.output)")
            try sandbox.expectNothingLeft()
        }

        /// Where no shell looks after us ^Z stops nothing for good.
        @Test func nobodyCouldContinueIt() throws {
            let run = try sit(
                [
                    ["expect", "ready"], ["type", "\u{1A}"], ["type", "typed\n"], ["expect", "got typed"], ["end"],
                ], at: try words("sh", "-c", "echo ready; read line; echo got $line; exit 3"))
            #expect(run.output.hasPrefix("3\n"), "\(run.output)")
        }
    }
}
