import Foundation
import TestSupport
import Testing

extension Entrypoints {
    /// Several that need the same mounts, and those that come to a sudden end.
    @Suite struct CommandUsersTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
        }

        /// A COMMAND that goes on until it is told to, by a file.
        private func start(_ name: String, _ more: String = "true", task: String? = nil) throws -> RunningProgram {
            let program = try sandbox.enter(
                ["sh", "-c", "echo in; until [ -e \(sandbox.path(name)) ]; do sleep 0.02; done; \(more)"], task: task)
            try sandbox.wait("COMMAND \(name)") { program.outputSoFar.hasPrefix("in\n") }
            return program
        }

        private func end(_ name: String) throws { try sandbox.files.folder.write("", to: name) }

        // MARK: Side by side

        @Test func theLastOneUnmounts() throws {
            let first = try start("one", "echo 1 > $M/first")
            let session = sandbox.sessions
            let second = try start("two", "cat $M/first; echo 2 > $M/second")
            #expect(sandbox.sessions == session && sandbox.supervisors.count == 1)
            try end("one")
            #expect(try first.wait(seconds: 60).status == 0)
            #expect(sandbox.stored("first") == "1\n" && sandbox.mounts == [sandbox.destination])
            #expect(sandbox.sessions == session)
            try end("two")
            let run = try second.wait(seconds: 60)
            #expect(run.status == 0 && run.output == "in\n1\n", "\(run)")
            #expect(sandbox.stored("second") == "2\n")
            try sandbox.expectNothingLeft()
        }

        @Test func severalAtTheSameMoment() throws {
            let words = try sandbox.files.words(sandbox.writableTask, [])
            let programs = try (0..<5).map { number in
                try Program.start(
                    words + ["--", "sh", "-c", "cat $M/a; echo \(number) > $M/\(number)"],
                    environment: ["M": sandbox.destination], in: sandbox.files.folder.path)
            }
            for (number, program) in programs.enumerated() {
                let run = try program.wait(seconds: 60)
                #expect(run.status == 0 && run.output == "hello\n", "\(run)")
                #expect(sandbox.stored("\(number)") == "\(number)\n")
            }
            try sandbox.expectNothingLeft()
        }

        /// What a run without COMMAND has mounted stays until it is taken down, whoever came first.
        @Test func besideARunWithoutCommand() throws {
            try sandbox.expect(0, sandbox.writableTask)
            #expect(try sandbox.entered("echo new > $M/b").status == 0)
            #expect(sandbox.mounts == [sandbox.destination] && sandbox.stored("b") == "new\n")
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expectNothingLeft()
            let program = try start("one")
            try sandbox.expect(0, sandbox.writableTask)
            try end("one")
            #expect(try program.wait(seconds: 60).status == 0)
            #expect(try sandbox.output("cat $M/a") == "hello\n")
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expectNothingLeft()
        }

        @Test func anotherConfiguration() throws {
            let program = try start("one")
            let refused = try sandbox.entered("echo never", task: sandbox.task())
            #expect(refused.status == 78 && refused.output == "", "\(refused)")
            #expect(sandbox.mounts == [sandbox.destination])
            try end("one")
            #expect(try program.wait(seconds: 60).status == 0)
            try sandbox.expectNothingLeft()
        }

        // MARK: Those who want it to end

        @Test func downWaitsForNoCommand() throws {
            let program = try start("one", "echo new > $M/b")
            let refused = try sandbox.verb("down")
            #expect(refused.status == 75 && refused.errors.contains("process \(program.id)"), "\(refused)")
            #expect(try sandbox.verb("flush").status == 0)
            #expect(sandbox.mounts == [sandbox.destination])
            try end("one")
            #expect(try program.wait(seconds: 60).status == 0)
            try sandbox.expectNothingLeft()
        }

        @Test func downByForce() throws {
            let program = try start("one", "cat $M/a || exit 4")
            #expect(try sandbox.verb("down", "--force").status == 0)
            #expect(sandbox.mounts == [])
            try end("one")
            #expect(try program.wait(seconds: 60).status == 4)
            try sandbox.expectNothingLeft()
        }

        /// A system that stops sends that to all processes, and COMMAND may write until it ends.
        @Test func theSupervisorIsAskedToEnd() throws {
            let program = try start("one", "echo new > $M/b")
            for process in sandbox.supervisors + sandbox.sessions { kill(process, SIGTERM) }
            usleep(300_000)
            #expect(sandbox.mounts == [sandbox.destination])
            try end("one")
            #expect(try program.wait(seconds: 60).status == 0)
            #expect(sandbox.stored("b") == "new\n")
            try sandbox.expectNothingLeft()
        }

        // MARK: Sudden ends

        /// COMMAND ends with us and so does what it has started, what it has written is saved, and nothing stays.
        @Test func weAreKilled() throws {
            let program = try sandbox.enter([
                "sh", "-c",
                "echo new > $M/b; sh -c 'while :; do sleep 0.1; done' & echo in; wait; echo never > $M/never",
            ])
            try sandbox.wait("COMMAND") { program.outputSoFar.hasPrefix("in\n") }
            let command = try #require(try children(of: program.id).first { MountSandbox.words(of: $0).first == "sh" })
            let child = try #require(try children(of: command).first)
            program.signal(SIGKILL)
            #expect(try program.wait().status == 137)
            try sandbox.wait("COMMAND's end") { kill(command, 0) != 0 && kill(child, 0) != 0 }
            try sandbox.expectNothingLeft()
            #expect(sandbox.stored("b") == "new\n" && sandbox.stored("never") == nil)
            #expect(try sandbox.entered("cat $M/b").output == "new\n")
        }

        private func children(of process: Int32) throws -> [Int32] {
            try TemporaryFolder.text(of: "/proc/\(process)/task/\(process)/children").split(separator: " ")
                .compactMap { Int32($0) }
        }

        @Test func theSupervisorIsKilled() throws {
            let program = try start("one", "cat $M/a || exit 4")
            kill(sandbox.supervisors[0], SIGKILL)
            // It may answer for a moment.
            try sandbox.wait("its session gone") { sandbox.sessions.isEmpty }
            try end("one")
            #expect(try program.wait(seconds: 60).status == 4)
            try sandbox.expectNothingLeft()
            #expect(try sandbox.entered("cat $M/a").output == "hello\n")
        }

        @Test func theSessionIsKilled() throws {
            let program = try start("one", "cat $M/a; echo new > $M/b")
            kill(sandbox.sessions[0], SIGKILL)
            try end("one")
            let run = try program.wait(seconds: 60)
            #expect(run.status == 0 && run.output == "in\nhello\n" && sandbox.stored("b") == "new\n", "\(run)")
            try sandbox.expectNothingLeft()
        }

        // MARK: What others use

        /// A process that has left COMMAND's group is named, goes on, and stops nobody from ending.
        @Test func somebodyUsesItStill() throws {
            let holder =
                "setsid sh -c 'exec 3>$M/open; echo part >&3; touch \(sandbox.path("opened")); "
                + "until [ -e \(sandbox.path("go")) ]; do sleep 0.02; done; echo rest >&3' >/dev/null 2>&1 &"
            let run = try sandbox.entered(
                "\(holder) until [ -e \(sandbox.path("opened")) ]; do sleep 0.02; done; echo new > $M/b")
            #expect(run.status == 75 && sandbox.mounts == [], "\(run)")
            let error = try sandbox.lastStatus().mounts.first
            #expect(error?.code == "busy" && error?.trouble.contains("sh (") ?? false, "\(run)")
            #expect(sandbox.stored("b") == "new\n")
            // What it writes still comes into the bucket.
            try end("go")
            try sandbox.expectNothingLeft()
            #expect(sandbox.stored("open") == "part\nrest\n")
        }

        /// Of a mount that is only read nothing can be lost.
        @Test func somebodyReadsItStill() throws {
            let run = try sandbox.entered(
                "setsid sh -c 'exec 3<$M/a; touch \(sandbox.path("opened")); until [ -e \(sandbox.path("go")) ]; do sleep 0.02; done' "
                    + ">/dev/null 2>&1 & until [ -e \(sandbox.path("opened")) ]; do sleep 0.02; done",
                task: sandbox.task())
            #expect(run.status == 0 && sandbox.mounts == [], "\(run)")
            #expect(try sandbox.lastStatus().mounts.first?.code == "busy")
            try end("go")
            try sandbox.expectNothingLeft()
        }
    }
}
