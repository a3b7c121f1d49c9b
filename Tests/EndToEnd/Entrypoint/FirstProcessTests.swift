import Foundation
import TestSupport
import Testing

extension Entrypoints {
    /// As process 1 of a PID namespace, side by side with programs that are made for that and with nothing else.
    @Suite(.enabled(if: FirstProcess.isPossible, FirstProcess.absence)) struct FirstProcessTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
        }

        private func run(_ first: FirstProcess, _ command: String...) throws -> Finished {
            let words =
                switch first {
                case .tini: ["tini", "--"]
                case .dumbInit: ["dumb-init", "--"]
                case .provision: try sandbox.files.words(sandbox.writableTask, []) + ["--"]
                }
            return try Program.start(
                ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"] + words + command,
                environment: ["M": sandbox.destination], in: sandbox.files.folder.path
            ).wait(seconds: 60)
        }

        @Test(arguments: FirstProcess.allCases)
        func orphansAreLookedAfter(by first: FirstProcess) throws {
            let orphans = "for i in 1 2 3 4 5; do (sleep 0.1 &) ; done; sleep 0.5; ps -eo stat= | grep -c ^Z"
            #expect(try run(first, "sh", "-c", orphans).output == "0\n")
        }

        @Test(arguments: FirstProcess.allCases)
        func endsArePassedOn(by first: FirstProcess) throws {
            #expect(try run(first, "sh", "-c", "exit 7").status == 7)
            #expect(try run(first, "sh", "-c", "kill -KILL $$").status == 137)
            #expect(try run(first, "sh", "-c", "kill -TERM $$").status == 143)
            // Who has lost its parents is not waited for.
            #expect(try run(first, "sh", "-c", "(setsid sleep 300 &) ; exit 3").status == 3)
        }

        @Test(arguments: FirstProcess.allCases)
        func signalsAreForwarded(by first: FirstProcess) throws {
            let signals = "HUP INT QUIT USR1 USR2 ALRM WINCH CONT TERM"
            let line =
                "for s in \(signals); do trap \"echo $s\" $s; done; "
                + "for s in \(signals); do kill -$s 1; sleep 0.1; done; exit 3"
            let run = try run(first, "bash", "-c", line)
            #expect(run.status == 3)
            #expect(run.output == signals.replacing(" ", with: "\n") + "\n")
        }

        /// dumb-init ends with 2.
        @Test(arguments: [FirstProcess.tini, .provision])
        func whatCannotBeRun(by first: FirstProcess) throws {
            #expect(try run(first, "no-such-program").status == 127)
            #expect(try run(first, sandbox.path("src/a")).status == 126)
        }

        /// Nothing comes after process 1: everything is saved before it ends.
        @Test func everythingIsSavedBefore() throws {
            let run = try run(.provision, "sh", "-c", "echo $PPID; for i in $(seq 50); do echo $i > $M/$i; done")
            #expect(run.status == 0 && run.output == "1\n", "\(run)")
            for number in 1...50 { #expect(sandbox.stored("\(number)") == "\(number)\n") }
            let killed = try self.run(.provision, "sh", "-c", "echo new > $M/new; kill -TERM 1; sleep 100")
            #expect(killed.status == 143 && sandbox.stored("new") == "new\n", "\(killed)")
            #expect(sandbox.staged == [])
        }
    }
}

enum FirstProcess: String, CaseIterable, CustomTestStringConvertible {
    case tini, provision
    case dumbInit = "dumb-init"

    static let isPossible =
        Program.isInstalled("tini") && Program.isInstalled("dumb-init")
        && (try? Program.run(["unshare", "--pid", "--fork", "--mount-proc", "true"]).status) == 0
    static let absence: Comment = "it takes tini, dumb-init and the right to make namespaces"

    var testDescription: String { rawValue }
}
