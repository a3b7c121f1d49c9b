import Foundation
import TestSupport
import Testing

extension MountedTasks {
    /// How mounts end: `status` and `down`, signals, and whoever unmounts by hand.
    @Suite struct MountEndingTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n", "sub/b": "deep\n"])
        }

        @Test func statusTellsWhatRuns() throws {
            let run = try sandbox.expect(0, sandbox.task())
            for words in [["status"], ["status", "task"], ["status", "task.yaml"]] {
                let text = try Program.run(
                    [Program.provision] + words + ["--state-dir", sandbox.files.state], in: sandbox.files.folder.path)
                #expect(text.status == 0 && text.output.contains("mounted  \(sandbox.destination)  MOUNT"), "\(text)")
            }
            let status = try sandbox.document("status")
            #expect(status.mounts.first?.process == run.mounts.first?.process && status.result == "ok")
            let all = try sandbox.verb("status", "--output", "json")
            let list = try JSONSerialization.jsonObject(with: Data(all.output.utf8)) as? [String: Any]
            #expect((list?["tasks"] as? [[String: Any]])?.first?["task"] as? String == "task")
            let lines = try sandbox.verb("status", "--output", "ndjson")
            #expect(lines.output.contains("\"event\":\"summary\""))
        }

        @Test func statusOfWhatNeverRan() throws {
            let text = try sandbox.verb("status", "nobody")
            #expect(text.status == 0 && text.output == "nobody: nothing runs\n")
            #expect(try sandbox.verb("status").output == "nothing runs\n")
            #expect(try sandbox.verb("status", "absent.yaml").status == 66)
        }

        @Test func downEndsEverything() throws {
            try sandbox.expect(0, sandbox.task())
            let ended = try sandbox.document("down")
            #expect(ended.mounts.map(\.state) == ["unmounted"] && ended.exitCode == 0)
            // Nobody is left once it has returned.
            #expect(sandbox.supervisors == [] && sandbox.sessions == [] && sandbox.mounts == [])
            let status = try TemporaryFolder.text(of: sandbox.files.state + "/task/status.json")
            #expect(status.contains("\"state\": \"unmounted\""))
            for words in [["down"], ["down", "task"], ["down", "task.yaml"], ["flush"], ["down", "nobody"]] {
                #expect(
                    try Program.run(
                        [Program.provision] + words + ["--state-dir", sandbox.files.state],
                        in: sandbox.files.folder.path
                    ).status == 0)
            }
        }

        /// All tasks of the state folder, and none of another one.
        @Test func downWithoutNameEndsAll() throws {
            let others = try MountSandbox()
            try others.write(["src/a": "other\n"])
            try others.expect(0, others.task())
            try sandbox.expect(0, sandbox.task())
            try sandbox.expect(0, "name: second\nfile_mounts: {\(sandbox.path("two")): \(sandbox.entry())}")
            #expect(sandbox.mounts.count == 2 && sandbox.supervisors.count == 2)
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expectNothingLeft()
            #expect(try others.output("cat $M/a") == "other\n")
        }

        @Test func whatIsInUseStays() throws {
            try sandbox.expect(0, sandbox.task())
            let user = try sandbox.start("exec 3<$M/a; echo open; cat >/dev/null; cat <&3")
            try sandbox.wait("the file open") { user.outputSoFar.contains("open") }
            let user2 = try sandbox.start("cd $M && echo in && sleep 30")
            try sandbox.wait("somebody in it") { user2.outputSoFar.contains("in") }
            let busy = try sandbox.document("down")
            #expect(busy.exitCode == 75 && busy.mounts.first?.state == "mounted" && busy.mounts.first?.code == "busy")
            #expect(try sandbox.verb("down").status == 75)
            #expect(try sandbox.output("cat $M/a") == "hello\n")
            #expect(try sandbox.verb("down", "--force").status == 0)
            try sandbox.expectNothingLeft()
            user2.signal(SIGKILL)
            _ = try user2.wait()
        }

        @Test func aSignalUnmounts() throws {
            try sandbox.expect(0, sandbox.task())
            kill(sandbox.supervisors[0], SIGTERM)
            try sandbox.expectNothingLeft()
            #expect(try sandbox.document("status").mounts.first?.state == "unmounted")
        }

        /// Who has it open when a signal comes goes on, and nobody else gets in.
        @Test func aSignalLetsUsersFinish() throws {
            try sandbox.expect(0, sandbox.task())
            let user = try sandbox.start(
                "exec 3<$M/a; echo open; while [ ! -e \(sandbox.path("go")) ]; do sleep 0.05; done; cat <&3")
            try sandbox.wait("the file open") { user.outputSoFar.contains("open") }
            kill(sandbox.supervisors[0], SIGTERM)
            try sandbox.wait("it gone from its path") { sandbox.mounts == [] }
            #expect(sandbox.sessions.count == 1)
            try sandbox.files.folder.write("", to: "go")
            #expect(try user.wait().output == "open\nhello\n")
            try sandbox.expectNothingLeft()
        }

        @Test func somebodyUnmountsByHand() throws {
            try sandbox.expect(0, sandbox.task())
            #expect(try sandbox.shell("umount $M").status == 0)
            try sandbox.expectNothingLeft()
            #expect(try sandbox.document("status").mounts.first?.state == "unmounted")
            try sandbox.expect(0, sandbox.task())
            #expect(try sandbox.output("cat $M/a") == "hello\n")
        }

        /// Whoever uses it keeps it; the next run waits for them, and does not take it for what is wanted.
        @Test func somebodyDetachesByHand() throws {
            try sandbox.expect(0, sandbox.task())
            let user = try sandbox.start(
                "exec 3<$M/a; echo open; while [ ! -e \(sandbox.path("go")) ]; do sleep 0.05; done; cat <&3")
            try sandbox.wait("the file open") { user.outputSoFar.contains("open") }
            #expect(try sandbox.shell("umount -l $M").status == 0)
            #expect(try sandbox.document("status").mounts.first?.state == "draining")
            let again = try sandbox.files.start(sandbox.task())
            usleep(500_000)
            #expect(try again.isRunning && sandbox.mounts == [])
            try sandbox.files.folder.write("", to: "go")
            #expect(try user.wait().output == "open\nhello\n")
            #expect(try again.wait(seconds: 30).status == 0)
            #expect(sandbox.mounts == [sandbox.destination] && sandbox.supervisors.count == 1)
        }

        /// A run right behind the end of an earlier one does not trip over it.
        @Test func downAndUpAgainAndAgain() throws {
            for _ in 0..<10 {
                try sandbox.expect(0, sandbox.task())
                kill(sandbox.supervisors[0], SIGTERM)
                try sandbox.expect(0, sandbox.task())
                #expect(try sandbox.output("cat $M/a") == "hello\n")
                #expect(try sandbox.verb("down").status == 0)
            }
            try sandbox.expectNothingLeft()
        }
    }
}
