import Glibc
import TestSupport
import Testing

extension MountedTasks {
    /// `mode: MOUNT` in a run: what is there when it returns.
    @Suite struct MountTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n", "sub/b": "deep\n"])
        }

        @Test func isThereWhenTheRunReturns() throws {
            let mount = try #require(try sandbox.expect(0, sandbox.task()).mounts.first)
            #expect(mount.state == "mounted" && sandbox.sessions == [mount.process])
            #expect(
                try sandbox.output("cd $M && find . | sort && cat a sub/b") == ".\n./a\n./sub\n./sub/b\nhello\ndeep\n")
            #expect(try sandbox.output("cd $M && md5sum a") == sandbox.output("cd \(sandbox.path("src")) && md5sum a"))
            #expect(sandbox.mounts == [sandbox.destination])
            // What becomes of it later does not change what the source is.
            #expect(try sandbox.verb("down").status == 0)
            #expect(try sandbox.output("cat \(sandbox.path("src/a"))") == "hello\n")
            try sandbox.expectNothingLeft()
        }

        @Test func nothingCanBeChanged() throws {
            try sandbox.expect(0, sandbox.task())
            for line in ["echo x > $M/new", "echo x >> $M/a", "rm $M/a", "mkdir $M/d", "mv $M/a $M/c", "touch $M/a"] {
                let finished = try sandbox.shell(line)
                #expect(
                    finished.status != 0 && finished.errors.contains("Read-only file system"), "\(line): \(finished)")
            }
            #expect(sandbox.files.content("src/a") == "hello\n")
        }

        /// With its name, and so with its place in the kernel's memory, kept.
        @Test func aLinkThatPointsElsewhereNow() throws {
            let link = sandbox.path("src/link")
            #expect(symlink("a", link) == 0)
            try sandbox.expect(0, sandbox.task("metadata_ttl: 100ms"))
            #expect(try sandbox.output("readlink $M/link; cat $M/link") == "a\nhello\n")
            #expect(symlink("sub/b", link + ".new") == 0)
            #expect(rename(link + ".new", link) == 0)
            try sandbox.wait("the other target") { try sandbox.output("readlink $M/link") == "sub/b\n" }
            #expect(try sandbox.output("cat $M/link") == "deep\n")
        }

        /// Below a folder that is mounted files are changed in place, and not only replaced.
        @Test func theFolderBelowChanges() throws {
            try sandbox.write(["src/file": String(repeating: "old.", count: 50_000)])
            try sandbox.expect(0, sandbox.task("metadata_ttl: 100ms"))
            let file = sandbox.path("src/file")
            let changes = [
                "printf new. | dd of=\(file) conv=notrunc status=none", "printf more >> \(file)",
                "truncate -s 1000 \(file)",
                "printf other > \(file).new && mv \(file).new \(file)",
                "cp -p \(file) \(file).new && mv \(file).new \(file)",
            ]
            for change in changes {
                let go = sandbox.path("go")
                unlink(go)
                let reader = try sandbox.start(
                    """
                    exec 3<$M/file; head -c 4 <&3 > /dev/null; echo open; while [ ! -e \(go) ]; do sleep 0.02; done
                    cat <&3 | wc -c; stat -L /proc/self/fd/3 > /dev/null
                    """)
                try sandbox.wait("the file open") { reader.outputSoFar.contains("open") }
                let (old, size) = (try sandbox.output("md5sum < $M/file"), try sandbox.output("stat -c %s $M/file"))
                #expect(try sandbox.output("md5sum < \(file)") == old)
                #expect(try sandbox.output(change) == "")
                usleep(200_000)
                // Who opens it sees what is there; who has it open has nothing of it.
                let line =
                    "md5sum < FILE; stat -c %s FILE; head -c 10 FILE; tail -c 10 FILE; ls -l FILE | cut -d' ' -f5"
                #expect(
                    try sandbox.output(line.replacing("FILE", with: "$M/file"))
                        == sandbox.output(line.replacing("FILE", with: file)), "\(change)")
                try sandbox.write(["go": ""])
                let finished = try reader.wait()
                let isWhole = finished.output == "open\n\((Int(size.dropLast()) ?? 4) - 4)\n"
                #expect(isWhole || finished.errors.contains("Stale file handle"), "\(change): \(finished)")
            }
            unlink(file)
            usleep(200_000)
            #expect(try sandbox.shell("cat $M/file").errors.contains("No such file or directory"))
        }

        /// Who stays behind has nothing of who has started it.
        @Test func staysBehindByItself() throws {
            let finished = try Program.run(
                ["sh", "-c", "exec 7<task.yaml; exec \"$@\"", "sh"] + sandbox.files.words(sandbox.task(), []),
                environment: ["NOT_FOR_OTHERS": "hush"], in: sandbox.files.folder.path)
            #expect(finished.status == 0, "\(finished)")
            for process in sandbox.supervisors + sandbox.sessions {
                #expect(getsid(process) == process)
                let links = try sandbox.output("ls -l /proc/\(process)/fd /proc/\(process)/cwd")
                #expect(!links.contains("task.yaml") && !links.contains("/output") && links.contains("cwd -> /\n"))
                let environment = try TemporaryFolder.text(of: "/proc/\(process)/environ")
                #expect(!environment.contains("hush"), "\(environment)")
            }
            #expect(sandbox.supervisors.count == 1 && sandbox.sessions.count == 1)
            #expect(
                MountSandbox.words(of: sandbox.supervisors[0]).dropFirst() == [
                    "__supervisor", sandbox.files.state, "task",
                ])
            #expect(
                MountSandbox.words(of: sandbox.sessions[0]).dropFirst()
                    == ["__session", sandbox.files.state, sandbox.destination])
        }

        @Test func againSharesWhatIsMounted() throws {
            let first = try sandbox.expect(0, sandbox.task())
            let inode = try sandbox.output("stat -c %d:%i $M/a")
            let again = try sandbox.expect(0, sandbox.task())
            #expect(
                again.mounts.first?.state == "mounted" && again.mounts.first?.process == first.mounts.first?.process)
            #expect(try sandbox.output("stat -c %d:%i $M/a") == inode)
            #expect(sandbox.mounts.count == 1 && sandbox.supervisors.count == 1)
        }

        @Test(arguments: ["metadata_ttl: 7s", "file_mode: \"600\"", "io_timeout: 9s", "allow_other: false"])
        func changedSettingsAreRefused(key: String) throws {
            try sandbox.expect(0, sandbox.task())
            let refused = try sandbox.expect(78, sandbox.task(key))
            #expect(refused.mounts.first?.code == "changed-configuration", "\(refused.json)")
            let hint = refused.mounts.first?.error["hint"] as? String ?? ""
            #expect(hint.contains("provision down"))
            #expect(try sandbox.output("cat $M/a") == "hello\n")
            // Down, then anew.
            #expect(try sandbox.verb("down", "task.yaml").status == 0)
            try sandbox.expect(0, sandbox.task(key))
        }

        /// What was a mount and shall be a copy would be written into itself.
        @Test func aCopyOverAMountIsRefused() throws {
            try sandbox.expect(0, sandbox.task())
            let refused = try sandbox.expect(78, sandbox.files.task())
            #expect(refused.mounts.first?.code == "mode-conflict", "\(refused.json)")
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expect(0, sandbox.files.task())
            #expect(sandbox.files.content("dst/a") == "hello\n")
        }

        /// A link makes two destinations one.
        @Test func twoDestinationsThatAreOne() throws {
            try Files.makeFolder(sandbox.path("real"))
            #expect(symlink(sandbox.path("real"), sandbox.path("link")) == 0)
            let run = try sandbox.expect(
                78,
                "file_mounts: {\(sandbox.path("real"))/x: \(sandbox.entry()), \(sandbox.path("link"))/x: \(sandbox.entry())}"
            )
            #expect(run.mounts.map(\.code) == [nil, "duplicate-destination"], "\(run.json)")
            #expect(sandbox.mounts == [sandbox.path("real/x")])
        }

        @Test func aSingleFileIsMountedAsOne() throws {
            let task = "file_mounts: {\(sandbox.destination): \(sandbox.entry("./src/a"))}"
            try sandbox.expect(0, task)
            #expect(try sandbox.output("test -f $M && cat $M") == "hello\n")
            #expect(try sandbox.verb("down").status == 0)
            let inside = "file_mounts: {\(sandbox.path("in"))/: \(sandbox.entry("./src/a"))}"
            try sandbox.expect(0, inside)
            #expect(sandbox.mounts == [sandbox.path("in/a")])
            #expect(try sandbox.output("cat \(sandbox.path("in/a"))") == "hello\n")
        }

        @Test func ownersAndModes() throws {
            try sandbox.expect(0, sandbox.task("uid: 1234, gid: 4321, file_mode: \"640\", dir_mode: \"750\""))
            #expect(try sandbox.output("stat -c %u:%g:%a $M/a $M/sub") == "1234:4321:640\n1234:4321:750\n")
        }

        /// What has no owner of its own has that of the mount point.
        @Test func theOwnerOfTheMountPoint() throws {
            try Files.makeFolder(sandbox.destination)
            try Files.setOwner(sandbox.destination, 1234)
            try sandbox.expect(0, sandbox.task())
            #expect(try sandbox.output("stat -c %u:%g $M/a $M/sub $M/sub/b | sort -u") == "1234:1234\n")
        }

        /// Others may go in, as far as the modes let them, unless it is said that they may not.
        @Test func otherUsers() throws {
            let other = "setpriv --reuid 1234 --regid 1234 --clear-groups"
            try sandbox.expect(0, sandbox.task())
            #expect(try sandbox.output("\(other) cat $M/a && \(other) ls $M") == "hello\na\nsub\n")
            // The socket is not theirs.
            let status = try sandbox.shell("\(other) \(Program.provision) down --state-dir \(sandbox.files.state)")
            #expect(sandbox.mounts.count == 1, "\(status)")
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expect(0, sandbox.task("allow_other: false"))
            #expect(try sandbox.shell("\(other) cat $M/a").errors.contains("Permission denied"))
            #expect(try sandbox.output("cat $M/a") == "hello\n")
        }

        /// What grows begins anew with the next supervisor, and what was there is kept once.
        @Test func aLongLog() throws {
            try sandbox.expect(0, sandbox.task())
            #expect(try sandbox.verb("down").status == 0)
            let log = sandbox.files.state + "/task/log"
            #expect(try sandbox.shell("head -c 5000000 /dev/zero >> \(log)").status == 0)
            try sandbox.expect(0, sandbox.task())
            #expect(try TemporaryFolder.text(of: log).contains(": mounted, served by process"))
            #expect(
                try sandbox.output("wc -c < \(log).1 && wc -c < \(log)").split(separator: "\n").map {
                    Int($0) ?? 0 > 4 << 20
                } == [true, false])
            #expect(Files.mode(of: log) == 0o600)
        }

        // MARK: What is in the way

        @Test func aFolderThatHoldsSomething() throws {
            try sandbox.write(["dst/mine": "mine\n"])
            let refused = try sandbox.expect(73, sandbox.task())
            #expect(refused.mounts.first?.code == "nonempty-destination" && sandbox.mounts == [])
            #expect(sandbox.supervisors == [])
            try sandbox.expect(0, sandbox.task("on_nonempty: overlay"))
            #expect(try sandbox.output("ls $M") == "a\nsub\n")
            #expect(try sandbox.verb("down").status == 0)
            #expect(sandbox.files.content("dst/mine") == "mine\n")
        }

        @Test func whatIsNoFolder() throws {
            try sandbox.write(["dst": "a file\n"])
            #expect(try sandbox.expect(73, sandbox.task()).mounts.first?.code == "destination-denied")
            #expect(sandbox.files.content("dst") == "a file\n")
        }

        @Test func aMountOfAnotherTask() throws {
            try sandbox.expect(0, sandbox.task())
            let other = try sandbox.expect(73, "name: other\n" + sandbox.task())
            #expect(other.mounts.first?.code == "nonempty-destination", "\(other.json)")
            #expect(try sandbox.output("cat $M/a") == "hello\n")
        }

        @Test func withRoot() throws {
            try Files.makeFolder(sandbox.path("root"))
            // A link inside of the root leads to a place inside of it.
            try sandbox.files.folder.write("", to: "outside")
            #expect(symlink("/real", sandbox.path("root/link")) == 0)
            try sandbox.expect(
                0, "file_mounts: {/link/data: \(sandbox.entry()), /plain: \(sandbox.entry())}", "--root",
                sandbox.path("root"))
            #expect(sandbox.mounts == [sandbox.path("root/plain"), sandbox.path("root/real/data")])
        }
    }
}
