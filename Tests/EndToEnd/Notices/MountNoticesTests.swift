import Foundation
import TestSupport
import Testing

extension MountedBuckets {
    /// What a task without COMMAND shows to the outside while it has mounts.
    @Suite struct MountNoticesTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
        }

        private var task: String { "file_mounts: {\(sandbox.destination): {source: ./src, mode: MOUNT}}" }
        private var isReady: Bool { FileManager.default.fileExists(atPath: sandbox.path("ready")) }

        @Test func theReadyFileGoesWithDown() throws {
            try sandbox.expect(0, task, "--ready-file", "ready")
            #expect(isReady && Files.mode(of: sandbox.path("ready")) == 0o644)
            // Sharing does no harm, and neither does a flush.
            try sandbox.expect(0, task, "--ready-file", "ready")
            #expect(try isReady && sandbox.verb("flush").status == 0 && isReady)
            #expect(try sandbox.verb("down").status == 0 && !isReady)
            try sandbox.expectNothingLeft()
        }

        /// Before the last upload: nobody shall begin to use what is about to go.
        @Test func theReadyFileGoesBeforeTheDrain() throws {
            try sandbox.expect(0, task, "--ready-file", "ready")
            let user = try sandbox.start("cd $M && sleep 60")
            try sandbox.wait("the user") { try sandbox.shell("fuser -s -m $M").status == 0 }
            #expect(try sandbox.verb("down").status == 75)
            #expect(!isReady && sandbox.mounts == [sandbox.destination])
            user.signal(SIGTERM)
            _ = try user.wait()
        }

        @Test func theReadyFileGoesWithAMount() throws {
            try sandbox.expect(0, task, "--ready-file", "ready")
            #expect(try sandbox.shell("umount $M").status == 0)
            try sandbox.wait("no ready file") { !isReady }
            try sandbox.expect(0, task, "--ready-file", "ready")
            #expect(isReady)
            kill(try #require(sandbox.supervisors.first), SIGTERM)
            try sandbox.wait("no ready file") { !isReady }
            try sandbox.expectNothingLeft()
        }

        /// Whoever comes after a supervisor that was killed takes it away.
        @Test func theReadyFileOfASupervisorThatWasKilled() throws {
            for next in [["down"], ["task.yaml"]] {
                try sandbox.expect(0, task, "--ready-file", "ready")
                kill(try #require(sandbox.supervisors.first), SIGKILL)
                try sandbox.wait("nobody there") { sandbox.supervisors.isEmpty && sandbox.sessions.isEmpty }
                #expect(isReady)
                let finished = try Program.run(
                    [Program.provision] + next + ["--state-dir", sandbox.files.state], in: sandbox.files.folder.path)
                #expect(finished.status == 0 && !isReady, "\(next): \(finished)")
            }
        }

        /// A run that fails leaves what is mounted, and none of it is ready.
        @Test func oneMountOfTwo() throws {
            try sandbox.write(["file": "mine"])
            let task =
                "file_mounts: {\(sandbox.destination): \(sandbox.entry()), \(sandbox.path("file")): {source: ./src}}"
            try sandbox.expect(73, task, "--ready-file", "ready", "--metrics-file", "m.prom")
            #expect(!isReady && sandbox.mounts == [sandbox.destination])
            #expect(try Metrics(sandbox.path("m.prom")).states == ["failed", "mounted"])
        }

        @Test func aFileInsideOfAMount() throws {
            try Files.makeFolder(sandbox.destination)
            for option in ["--ready-file", "--metrics-file"] {
                let run = try sandbox.run(task, option, "dst/f")
                #expect(run.status == 64 && run.errors.contains("which is mounted") && sandbox.mounts == [], "\(run)")
            }
        }

        /// Figures of copies stay beside those of mounts, and all of them when everything is unmounted.
        @Test(.enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)))
        func theMetricsFile() throws {
            let path = sandbox.path("m.prom")
            let entries = "\(sandbox.destination): {source: ./src, mode: MOUNT}, \(sandbox.path("copy")): ./src"
            try sandbox.expect(0, "file_mounts: {\(entries)}", "--metrics-file", "m.prom")
            #expect(Files.mode(of: path) == 0o644)
            var metrics = try Metrics(path)
            #expect(metrics.states == ["copied", "mounted"] && metrics("ready") == 1)
            #expect(metrics("mount_copied_files_total") == 1 && metrics("mount_uploaded_files_total") == 0)
            _ = try sandbox.output("echo news > $M/b")
            try sandbox.wait("the upload") { try Metrics(path)("mount_uploaded_files_total") == 1 }
            kill(try #require(sandbox.sessions.first), SIGKILL)
            try sandbox.wait("the revival") { try Metrics(path)("mount_sessions_revived_total") == 1 }
            #expect(try sandbox.verb("down").status == 0)
            metrics = try Metrics(path)
            #expect(metrics.states == ["copied", "unmounted"] && metrics("ready") == 0)
            #expect(metrics("mount_uploaded_bytes_total") == 5 && metrics("mount_pending_uploads") == 0)
            #expect(metrics("mount_sessions_revived_total") == 1 && metrics("mount_copied_bytes_total") == 6)
        }

        /// Nothing is written while nothing changes, and nobody wakes up for that.
        @Test func theMetricsFileRests() throws {
            try sandbox.expect(0, task, "--metrics-file", "m.prom")
            _ = try sandbox.output("cat $M/a")
            let processes = sandbox.supervisors + sandbox.sessions
            #expect(processes.count == 2)
            func switches() throws -> [String] {
                try processes.map { "/proc/\($0)/task" }.flatMap { folder in
                    try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { thread in
                        let status = try TemporaryFolder.text(of: "\(folder)/\(thread)/status")
                        return thread + (status.split(separator: "\n").first { $0.hasPrefix("voluntary") } ?? "")
                    }
                }
            }
            // What the mount has begun with comes to an end first.
            var before = try switches()
            try sandbox.wait("rest") {
                usleep(1_500_000)
                defer { before = (try? switches()) ?? [] }
                return try switches() == before
            }
            func number() throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: sandbox.path("m.prom"))[.systemFileNumber] as? Int
            }
            let written = try number()
            sleep(3)
            #expect(try switches() == before && number() == written)
        }

        /// The supervisor is the process to watch, and tells itself when it is asked to end.
        @Test func theServiceManager() throws {
            let manager = try NotifySocket(sandbox.path("socket"))
            sandbox.environment["NOTIFY_SOCKET"] = manager.address
            #expect(try sandbox.run(task).status == 0)
            let supervisor = try #require(sandbox.supervisors.first)
            let ready = manager.lines.drop { $0 != "MAINPID=\(supervisor)" }
            #expect(Array(ready) == ["MAINPID=\(supervisor)", "READY=1", "STATUS=task: 1 mount ready"])
            #expect(!MountSandbox.environment(of: supervisor).contains { $0.contains("NOTIFY") })
            kill(supervisor, SIGTERM)
            try sandbox.expectNothingLeft()
            #expect(manager.lines.contains("STOPPING=1"), "\(manager.lines)")
        }
    }
}

extension Entrypoints {
    /// What a task with COMMAND shows to the outside.
    @Suite struct CommandNoticesTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
        }

        private var isReady: Bool { FileManager.default.fileExists(atPath: sandbox.path("ready")) }

        @Test(.enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)))
        func whileItRuns() throws {
            let manager = try NotifySocket("@" + sandbox.path("socket"))
            sandbox.environment["NOTIFY_SOCKET"] = manager.address
            sandbox.environment["PROVISION_READY_FILE"] = "ready"
            sandbox.environment["PROVISION_METRICS_FILE"] = "m.prom"
            let finished = try sandbox.entered(
                "env | grep -E '^(NOTIFY|PROVISION_(READY|METRICS|FUSE))_'; test -f ready && cat m.prom > during && echo news > $M/b"
            )
            #expect(finished.status == 0 && finished.output == "", "\(finished)")
            #expect(!isReady)
            let during = try Metrics(sandbox.path("during"))
            #expect(during("ready") == 1 && during.states == ["mounted"])
            let after = try Metrics(sandbox.path("m.prom"))
            #expect(after("ready") == 0 && after.states == ["unmounted"] && after("mount_uploaded_files_total") == 1)
            let lines = manager.lines.filter { !$0.hasPrefix("STATUS") }
            #expect(lines == ["READY=1", "STOPPING=1"], "\(manager.lines)")
            #expect(manager.lines.last == "STATUS=task: done")
        }

        /// It goes when the first of them ends, and stays as long as one needs it.
        @Test func severalCommands() throws {
            let first = try sandbox.enter(["sleep", "60"], "--ready-file", "ready")
            try sandbox.wait("ready") { isReady }
            let second = try sandbox.enter(["sh", "-c", "test -f ready; read line"], "--ready-file", "other")
            try sandbox.wait("the other") { FileManager.default.fileExists(atPath: sandbox.path("other")) }
            #expect(try second.wait(seconds: 20).status != 128 + SIGKILL)
            #expect(isReady && !FileManager.default.fileExists(atPath: sandbox.path("other")))
            first.signal(SIGTERM)
            #expect(try first.wait(seconds: 20).status == 143 && !isReady)
        }

        /// The run dies, and the supervisor sees to it.
        @Test func aRunThatIsKilled() throws {
            let run = try sandbox.enter(["sleep", "60"], "--ready-file", "ready")
            try sandbox.wait("ready") { isReady }
            run.signal(SIGKILL)
            _ = try run.wait()
            try sandbox.wait("no ready file") { !isReady }
            try sandbox.expectNothingLeft()
        }

        @Test func theSupervisorIsKilled() throws {
            let began = sandbox.path("began")
            let run = try sandbox.enter(
                ["sh", "-c", "touch \(began); exec sleep 60"], "--ready-file", "ready", "--metrics-file", "m.prom")
            try sandbox.wait("COMMAND") { FileManager.default.fileExists(atPath: began) }
            #expect(isReady)
            kill(try #require(sandbox.supervisors.first), SIGKILL)
            try sandbox.wait("nobody there") { sandbox.supervisors.isEmpty && sandbox.sessions.isEmpty }
            run.signal(SIGTERM)
            let finished = try run.wait(seconds: 20)
            #expect(finished.status == 143 && !isReady, "\(finished)")
            #expect(try Metrics(sandbox.path("m.prom"))("ready") == 0)
        }

        @Test func aMountThatCannotBeMade() throws {
            try sandbox.write(["dst/own": "mine", "ready": ""])
            let finished = try sandbox.entered("true", "--ready-file", "ready")
            #expect(finished.status == 73 && !isReady, "\(finished)")
        }
    }
}

extension MountSandbox {
    static func environment(of process: Int32) -> [String] {
        let text = (try? TemporaryFolder.text(of: "/proc/\(process)/environ")) ?? ""
        return text.split(separator: "\0").map(String.init)
    }
}
