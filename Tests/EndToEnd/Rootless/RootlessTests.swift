import Foundation
import TestSupport
import Testing

/// Users who may not mount.
@Suite(.enabled(if: MountSandbox.isPossible, MountSandbox.absence), .serialized, .apart)
enum Rootless {}

extension Rootless {
    /// With a COMMAND: in a user and a mount namespace of its own.
    @Suite struct OwnNamespaceTests {
        private let sandbox: MountSandbox
        private let user: OrdinaryUser

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
            user = try OrdinaryUser(sandbox)
        }

        /// It is who it was, has no rights that it had not, and finds its mounts. Outside nobody sees them.
        @Test func whatCommandFinds() throws {
            let line = """
                id -u; id -g; grep CapEff /proc/self/status; stat -c %u:%g $M $M/a; cat $M/a; cd $M && cat a
                echo new > $M/new; chmod 640 $M/new; sleep 1000 < /dev/null > /dev/null 2>&1 &
                grep ' fuse.provision ' /proc/self/mountinfo | grep -c "$M"; touch \(sandbox.path("home/seen"))
                while [ -e \(sandbox.path("home/seen")) ]; do sleep 0.05; done
                """
            let program = try user.enter(["sh", "-c", line])
            try sandbox.wait("COMMAND") { Files.isThere(sandbox.path("home/seen")) }
            #expect(sandbox.mounts == [] && !Files.isThere(sandbox.path("dst/a")))
            let session = try #require(sandbox.sessions.first)
            let status = try TemporaryFolder.text(of: "/proc/\(session)/status")
            #expect(status.contains("CapEff:\t0000000000000000") && status.contains("Uid:\t4242\t4242\t4242\t4242"))
            try Files.remove(sandbox.path("home/seen"))
            let run = try program.wait(seconds: 60)
            #expect(run.status == 0, "\(run)")
            #expect(
                run.output == """
                    4242
                    4242
                    CapEff:\t0000000000000000
                    4242:4242
                    4242:4242
                    hello
                    hello
                    1

                    """, "\(run)")
            #expect(sandbox.stored("new") == "new\n" && Files.mode(of: sandbox.path("src/new")) == 0o640)
            try sandbox.expectNoTrace()
            // For nobody else's eyes.
            for name in ["state/task", "state/task/staging", "run/provision"] {
                #expect(Files.mode(of: sandbox.path(name)) == 0o700, "\(name)")
            }
            #expect(Files.mode(of: sandbox.path("state/task/status.json")) == 0o600)
        }

        /// Its exit status, and the working folder below the destination, are as anywhere.
        @Test func itsEnd() throws {
            #expect(try user.enter(["sh", "-c", "exit 7"]).wait(seconds: 60).status == 7)
            #expect(try user.enter(["sh", "-c", "kill -TERM $$"]).wait(seconds: 60).status == 143)
            #expect(try user.enter(["/no-such-program"]).wait(seconds: 60).status == 127)
            try sandbox.expectNoTrace()
        }

        /// Another run joins it, verbs reach it from outside, and a run without COMMAND has nothing to look at there.
        @Test func severalAtOnce() throws {
            // Without COMMAND it takes a name.
            let user = try OrdinaryUser(sandbox, number: OrdinaryUser.nobody)
            let line = "echo one > $M/one; until [ -e $M/two ]; do sleep 0.05; done; cat $M/two"
            let first = try user.enter(["sh", "-c", line])
            try sandbox.wait("the first file") { sandbox.stored("one") == "one\n" }
            let status = try Document(try user.verb("status", "task", "--output", "json"))
            #expect(status.mounts.first?.state == "mounted" && status.mounts.first?.process == sandbox.sessions.first)
            #expect(try user.verb("flush").status == 0)
            let refused = try user.verb("down")
            #expect(refused.status == 75 && refused.errors.contains("a COMMAND runs"), "\(refused)")
            let plain = try sandbox.run(sandbox.writableTask, before: user.words)
            #expect(plain.status == 75 && plain.output.contains("only the COMMAND of another run"), "\(plain)")
            let second = try user.enter(["sh", "-c", "cat $M/one; echo two > $M/two"]).wait(seconds: 60)
            #expect(second.status == 0 && second.output == "one\n", "\(second)")
            let end = try first.wait(seconds: 60)
            #expect(end.status == 0 && end.output == "two\n", "\(end)")
            try sandbox.expectNoTrace()
        }

        /// From outside it can be taken away by force.
        @Test func takenAway() throws {
            let line = "touch \(sandbox.path("home/in")); while [ -e $M/a ]; do sleep 0.05; done; ls $M; echo gone"
            let program = try user.enter(["sh", "-c", line])
            try sandbox.wait("COMMAND") { Files.isThere(sandbox.path("home/in")) }
            #expect(try user.verb("down", "--force").status == 0)
            #expect(try program.wait(seconds: 60).output == "gone\n")
            try sandbox.expectNoTrace()
        }

        /// What is mounted outside comes in later as well; a folder of root's is covered for COMMAND alone.
        @Test func whatIsOutside() throws {
            let (theirs, later) = (sandbox.path("theirs"), sandbox.path("later"))
            for folder in [theirs, later] { try Files.makeFolder(folder) }
            let task = "file_mounts: {\(theirs): {source: ./src, mode: MOUNT}}"
            let line = "cat \(theirs)/a; touch home/in; until [ -e \(later)/file ]; do sleep 0.05; done; echo came"
            let program = try user.enter(["sh", "-c", line], task: task)
            try sandbox.wait("COMMAND") { Files.isThere(sandbox.path("home/in")) }
            let outside = "ls \(theirs); mount -t tmpfs none \(later) && touch \(later)/file"
            let other = try Program.run(["nsenter", "-t", "\(program.id)", "-m", "sh", "-c", outside])
            #expect(other.status == 0 && other.output == "", "\(other)")
            let run = try program.wait(seconds: 60)
            #expect(run.status == 0 && run.output == "hello\ncame\n", "\(run)")
            try sandbox.expectNoTrace()
        }

        /// Links of root's on the way are known as such before, and in there.
        @Test func linksOfRoots() throws {
            try Files.makeLink(sandbox.path("link"), to: sandbox.path("home"))
            let task = "file_mounts: {\(sandbox.path("link/deep/dst")): {source: ./src, mode: MOUNT}}"
            let run = try user.enter(["cat", sandbox.path("home/deep/dst/a")], task: task).wait(seconds: 60)
            #expect(run.status == 0 && run.output == "hello\n", "\(run)")
            try sandbox.expectNoTrace()
        }

        /// Others than this user cannot be told apart in there.
        @Test func othersAsOwners() throws {
            let task = "file_mounts: {\(sandbox.destination): {source: ./src, mode: MOUNT, uid: 1}}"
            let run = try user.enter(["true"], task: task).wait(seconds: 60)
            #expect(run.status == 73 && run.errors.contains("knows no `uid` and `gid` but its own"), "\(run)")
            #expect(sandbox.supervisors == [])
        }

        enum Victim: String, CaseIterable { case run, supervisor, session, command, everybody }

        /// Whoever is killed: no mount is left anywhere, and what was told to be safe is there.
        @Test(arguments: Victim.allCases) func killed(_ victim: Victim) throws {
            let line =
                "echo safe > $M/safe; sync $M/safe; exec 3< $M/a; echo $$ > \(sandbox.path("home/pid")).new; "
                + "mv \(sandbox.path("home/pid")).new \(sandbox.path("home/pid")); "
                + "while [ ! -e \(sandbox.path("home/end")) ]; do sleep 0.05; done; cat <&3; cat $M/safe"
            let program = try user.enter(["sh", "-c", line])
            try sandbox.wait("COMMAND") { Files.isThere(sandbox.path("home/pid")) }
            let command = try #require(sandbox.files.content("home/pid").flatMap { Int32($0.dropLast()) })
            let victims =
                switch victim {
                case .run: [program.id]
                case .supervisor: sandbox.supervisors
                case .session: sandbox.sessions
                case .command: [command]
                case .everybody: [program.id] + sandbox.supervisors + sandbox.sessions + [command]
                }
            #expect(!victims.isEmpty)
            for process in victims { kill(process, SIGKILL) }
            switch victim {
            case .session:
                try sandbox.wait("another session") { !sandbox.sessions.isEmpty && sandbox.sessions != victims }
            // Before that COMMAND could still read all of it.
            case .supervisor: try sandbox.wait("no session") { sandbox.sessions.isEmpty }
            case .run, .command, .everybody: break
            }
            try Files.write("", to: sandbox.path("home/end"))
            let run = try program.wait(seconds: 60)
            switch victim {
            case .session: #expect(run.status == 0 && run.output == "hello\nsafe\n", "\(run)")
            case .command: #expect(run.status == 137, "\(run)")
            case .run, .everybody, .supervisor: #expect(run.status != 0, "\(run)")
            }
            try sandbox.expectNoTrace()
            try sandbox.wait("COMMAND gone") { kill(command, 0) != 0 }
            #expect(sandbox.stored("safe") == "safe\n")
            // The same task again finds nothing in its way.
            let again = try user.enter(["cat", sandbox.path("dst/safe")]).wait(seconds: 60)
            #expect(again.status == 0 && again.output == "safe\n", "\(again)")
            try sandbox.expectNoTrace()
        }
    }

    /// A bucket, as it is used by jobs of users'.
    @Suite(.onSeaweedFS) struct RootlessBucketTests {
        @Test func whatIsWrittenIsInTheBucket() async throws {
            let bucket = try await BucketSandbox()
            try await bucket.put(["old": "old\n"])
            let sandbox = try MountSandbox(reading: bucket)
            let user = try OrdinaryUser(sandbox)
            let task =
                "file_mounts: {\(sandbox.destination): {source: \"\(bucket.url)\", mode: MOUNT, commit: background}}"
            let line = "cat $M/old; mkdir $M/deep; seq 200000 > $M/deep/numbers; mv $M/old $M/new"
            let run = try user.enter(["sh", "-c", line], task: task).wait(seconds: 60)
            #expect(run.status == 0 && run.output == "old\n", "\(run)")
            try sandbox.expectNoTrace()
            let numbers = (1...200_000).map { "\($0)\n" }.joined()
            try await bucket.succeed(bucket.task())
            bucket.expect(["new": "old\n", "deep/numbers": numbers])
        }
    }

    /// Without a COMMAND: `fusermount3`.
    @Suite struct MountHelperTests {
        private let sandbox: MountSandbox
        private let user: OrdinaryUser

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
            user = try OrdinaryUser(sandbox, number: OrdinaryUser.nobody)
            try sandbox.files.folder.write(sandbox.writableTask, to: "task.yaml")
        }

        /// It stays, is unmounted when nobody uses it, and is found dead and replaced.
        @Test func itsLife() throws {
            let line = """
                set -e
                $P task.yaml --state-dir $S > /dev/null
                cat $M/a; echo new > $M/new; grep ' fuse.provision ' /proc/self/mountinfo | grep -c "$M"
                $P task.yaml --state-dir $S > /dev/null
                (cd $M; $P down --state-dir $S > /dev/null || echo down $?)
                $P down --state-dir $S > /dev/null; echo down $?
                grep ' fuse.provision ' /proc/self/mountinfo | grep -c "$M" || true
                """
            let run = try user.run(line)
            #expect(run.status == 0 && run.output == "hello\n1\ndown 75\ndown 0\n0\n", "\(run)")
            #expect(sandbox.stored("new") == "new\n")
            try sandbox.expectNoTrace()
        }

        /// What a supervisor that was killed leaves is taken away by `down`, and by the next run.
        @Test func itsDeath() throws {
            let line = """
                $P task.yaml --state-dir $S > /dev/null; touch home/first
                while [ -e home/first ]; do sleep 0.05; done
                cat $M/a 2> /dev/null || echo dead
                $P task.yaml --state-dir $S > /dev/null; cat $M/a; touch home/second
                while [ -e home/second ]; do sleep 0.05; done
                $P down --state-dir $S > /dev/null; echo down $?
                grep ' fuse.provision ' /proc/self/mountinfo | grep -c "$M"
                """
            var environment = sandbox.environment
            environment.merge(
                ["P": sandbox.files.program, "S": sandbox.files.state, "M": sandbox.destination]) { _, new in new }
            let program = try Program.start(
                user.words + ["sh", "-c", line], environment: environment, in: sandbox.files.folder.path)
            for name in ["first", "second"] {
                try sandbox.wait(name) { Files.isThere(sandbox.path("home/\(name)")) }
                for process in sandbox.supervisors { kill(process, SIGKILL) }
                try sandbox.wait("its sessions gone") { sandbox.sessions.isEmpty && sandbox.supervisors.isEmpty }
                try Files.remove(sandbox.path("home/\(name)"))
            }
            let run = try program.wait(seconds: 60)
            #expect(run.output == "dead\nhello\ndown 0\n0\n", "\(run)")
            try sandbox.expectNoTrace()
        }

        /// Whom it lets in is the machine's to say.
        @Test func othersWithoutLeave() throws {
            let task = "file_mounts: {\(sandbox.destination): {source: ./src, mode: MOUNT, allow_other: true}}"
            let run = try sandbox.run(task, before: user.words)
            #expect(run.status == 71 && run.output.contains("user_allow_other is not in /etc/fuse.conf"), "\(run)")
        }
    }
}
