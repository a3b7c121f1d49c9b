import Glibc
import TestSupport
import Testing

extension WritingTasks {
    /// Processes behind mounts are killed.
    @Suite struct MountDeathTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
        }

        /// Readers wait a little longer and notice nothing.
        @Test func aSessionUnderReads() throws {
            try Files.write(
                BucketSandbox.bytes(24 << 20), to: Array(sandbox.path("src/big").utf8), modified: (1_600_000_000, 0))
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

        /// Names come and go while sessions are killed: what was asked for is done once, and nobody is told anything else.
        @Test func aSessionUnderChanges() throws {
            let entry = "{source: ./src, mode: MOUNT, commit: background}"
            // Before anybody looks: that a name is not there is believed for a second.
            let (changed, made) = ((0..<2).map { "changed\($0)" }, (0..<4).map { "made\($0)" })
            for folder in changed + made { try Files.makeFolder(sandbox.path("src/" + folder)) }
            try sandbox.expect(0, "file_mounts: {\(sandbox.destination): \(entry)}")
            let change = """
                number = 0
                while not os.path.exists(sys.argv[2]):
                    number += 1
                    file, folder, link = f"f{number}", f"d{number}", f"l{number}"
                    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
                    with open(file + "+", "w") as other: other.write(file)
                    os.mkdir(folder)
                    os.symlink(file, link)
                    os.rename(file + "+", folder + "/" + file)
                    os.unlink(file)
                    os.unlink(link)
                    if number % 10:
                        os.unlink(folder + "/" + file)
                        os.rmdir(folder)
                print(number)
                """
            // With some of these nearly always a file is just being made.
            let make = """
                while not os.path.exists(sys.argv[2]):
                    os.close(os.open("new", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
                    os.unlink("new")
                """
            func start(_ script: String, in folder: String) throws -> RunningProgram {
                let whole = "import os, sys; os.chdir(sys.argv[1])\n" + script
                let words = ["timeout", "-s", "KILL", "60", "python3", "-c", whole]
                return try Program.start(words + [sandbox.destination + "/" + folder, sandbox.path("enough")])
            }
            let changers = try changed.map { try start(change, in: $0) }
            let makers = try made.map { try start(make, in: $0) }
            for _ in 0..<8 {
                usleep(UInt32.random(in: 50_000..<250_000))
                let session = try #require(try sandbox.status().process)
                kill(session, SIGKILL)
                try sandbox.wait("another session") { try sandbox.status().process.map { $0 != session } ?? false }
            }
            try sandbox.write(["enough": ""])
            for maker in makers {
                let finished = try maker.wait(seconds: 60)
                #expect(finished.status == 0, "\(finished.errors)")
            }
            for (index, changer) in changers.enumerated() {
                let finished = try changer.wait(seconds: 60)
                #expect(finished.status == 0, "\(finished.errors)")
                let count = Int(finished.output.dropLast()) ?? 0
                #expect(count > 0)
                let left = stride(from: 10, through: count, by: 10).map { "d\($0)/f\($0) f\($0)" }
                let found = try sandbox.output(
                    "cd $M/changed\(index) && for f in */*; do [ \"$f\" = '*/*' ] || echo $f $(cat $f); done; ls | wc -l"
                )
                let lines = found.split(separator: "\n").map(String.init)
                #expect(Set(lines.dropLast()) == Set(left))
                #expect(lines.last == String(left.count))
            }
            let ended = try sandbox.document("down")
            #expect(ended.exitCode == 0 && ended.mounts.first?.kept == [], "\(ended.json)")
            #expect(sandbox.staged == [])
        }

        /// What is just being handed to a session that has only begun, and is killed, is handed to the next one.
        @Test func aSessionUnderLargeWrites() throws {
            let write = """
                import os, sys, threading
                heard = []
                def write(number):
                    file = os.open(f"{sys.argv[1]}/f{number}", os.O_RDWR | os.O_CREAT)
                    content = os.urandom(1 << 20)
                    while not os.path.exists(sys.argv[2]):
                        for place in range(16):
                            try: os.pwrite(file, content, place << 20)
                            except OSError as error: heard.append(error)
                    os.close(file)
                threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
                for thread in threads: thread.start()
                for thread in threads: thread.join()
                sys.exit(str(heard) if heard else 0)
                """
            let entry = "{source: ./src, mode: MOUNT, commit: background}"
            // One that dies too often is not begun again.
            for round in 0..<6 {
                try sandbox.expect(0, "file_mounts: {\(sandbox.destination): \(entry)}")
                let enough = sandbox.path("enough\(round)")
                let writer = try Program.start(
                    ["timeout", "-s", "KILL", "60", "python3", "-c", write, sandbox.destination, enough])
                for _ in 0..<4 {
                    let session = try #require(try sandbox.status().process)
                    usleep(UInt32.random(in: 0..<20_000))
                    kill(session, SIGKILL)
                    try sandbox.wait("another session") { try sandbox.status().process.map { $0 != session } ?? false }
                }
                try sandbox.write(["enough\(round)": ""])
                let finished = try writer.wait(seconds: 60)
                #expect(finished.status == 0, "\(finished.errors)")
                #expect(try sandbox.verb("down").status == 0)
            }
        }

        @Test func theSupervisor() throws {
            try sandbox.expect(0, sandbox.task())
            kill(sandbox.supervisors[0], SIGKILL)
            try sandbox.wait("its session gone") { sandbox.sessions.isEmpty }
            let dead = try sandbox.shell("cat $M/a")
            #expect(
                dead.status != 0 && ["not connected", "connection abort"].contains(where: dead.errors.contains),
                "\(dead)")
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

        /// Where nobody can look there may be something: its disk may not be there.
        @Test func aStagingFolderThatNobodyCanRead() throws {
            let task = "file_mounts: {\(sandbox.destination): {source: ./src, mode: MOUNT, staging: {dir: staged}}}"
                .replacing("dir: staged", with: "dir: \(sandbox.path("staged"))")
            for verb in ["down", "flush"] {
                try sandbox.expect(0, task)
                kill(sandbox.supervisors[0], SIGKILL)
                try sandbox.wait("its session gone") { sandbox.sessions.isEmpty }
                #expect(rename(sandbox.path("staged"), sandbox.path("away")) == 0)
                let status = try #require(try sandbox.document("status").mounts.first)
                #expect(status.state == "failed" && status.code == "not-saved", "\(status.json)")
                let ended = try sandbox.document(verb)
                #expect(ended.exitCode == 74 && ended.result == "failed", "\(ended.json)")
                #expect(rename(sandbox.path("away"), sandbox.path("staged")) == 0)
                try sandbox.expect(0, task)
                #expect(try sandbox.document("down").exitCode == 0)
            }
        }

        /// Nor is a note that cannot be read taken for none.
        @Test func aNoteThatNobodyCanRead() throws {
            try sandbox.expect(0, sandbox.task())
            kill(sandbox.supervisors[0], SIGKILL)
            try sandbox.wait("its session gone") { sandbox.sessions.isEmpty }
            try Files.write("[{", to: sandbox.files.state + "/task/mounts.json")
            for verb in ["status", "down", "flush"] {
                let finished = try sandbox.verb(verb, "task")
                #expect(finished.status == 74 && finished.errors.contains("mounts.json"), "\(verb): \(finished)")
            }
            // The next run replaces it.
            try sandbox.expect(0, sandbox.task())
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
