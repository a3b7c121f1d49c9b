import Glibc
import TestSupport
import Testing

extension Mounts {
    /// Where it is mounted, what was there before, and what is left.
    struct PlaceTests {
        @Test func unmountedOnRequest() throws {
            let mount = try TestMount()
            #expect(mount.isMounted)
            let session = try #require(mount.sessions.last)
            let finished = try mount.end()
            #expect(finished.status == 0 && finished.output.contains("unmounted"), "\(finished)")
            #expect(!mount.isMounted)
            #expect(Glibc.kill(session, 0) == -1)
            #expect(try mount.output("ls -A $M") == "")
        }

        @Test func notWhileSomebodyUsesIt() throws {
            let mount = try TestMount()
            let user = try mount.start("cd $M && exec sleep 60")
            usleep(300_000)
            mount.keeper.signal(SIGTERM)
            try waitFor("the refusal") { mount.said.contains("failed busy: programs still use") }
            #expect(try mount.output("cat $M/hello") == "hello\n")
            user.signal(SIGTERM)
            _ = try user.wait()
            #expect(try mount.end().status == 0)
            #expect(!mount.isMounted)
        }

        /// What holds it for a moment without being a program is waited for, and told when it stays.
        @Test func heldByNobody() throws {
            let mount = try TestMount()
            #expect(try mount.output("mount -t tmpfs none $M/deep") == "")
            mount.keeper.signal(SIGTERM)
            try waitFor("the refusal") { mount.said.contains("failed busy: programs still use") }
            #expect(mount.isMounted)
            mount.keeper.signal(SIGTERM)
            #expect(try mount.output("umount $M/deep") == "")
            let finished = try mount.keeper.wait(seconds: 20)
            #expect(finished.status == 0 && finished.output.contains("unmounted"), "\(finished)")
            #expect(finished.output.split(separator: "\n").count { $0.hasPrefix("failed") } == 1)
            #expect(!mount.isMounted)
        }

        @Test func whoHasADetachedMountOpenGoesOn() throws {
            let mount = try TestMount()
            let user = try mount.start(
                "exec <$M/hello; read line; echo $line; until [ -e $M.go ]; do sleep 0.05; done; stat -Lc %s /dev/stdin"
            )
            try waitFor("the first line") { user.outputSoFar == "hello\n" }
            mount.keeper.signal(SIGHUP)
            try waitFor("the mount is away") { !mount.isMounted }
            #expect(try mount.output("ls $M") == "")
            // It is away already, and that is all right.
            mount.keeper.signal(SIGTERM)
            usleep(200_000)
            #expect(mount.isKept && !mount.said.contains("failed"))
            try Files.write("", to: mount.path + ".go")
            #expect(try user.wait().output == "hello\n6\n")
            #expect(try mount.keeper.wait(seconds: 5).status == 0)
        }

        @Test func whoIsCutOffGetsErrors() throws {
            let mount = try TestMount("stall=60000")
            let user = try mount.start("cat $M/stalled")
            usleep(300_000)
            mount.keeper.signal(SIGINT)
            #expect(try user.wait().status == 1)
            let finished = try mount.keeper.wait(seconds: 5)
            #expect(finished.status == 0 && finished.output.contains("cut off"), "\(finished)")
            #expect(!mount.isMounted)
        }

        @Test func nothingIsShownOfWhatTheSessionIsTold() throws {
            let mount = try TestMount("stall=4711")
            let session = try #require(mount.sessions.last)
            let words = try TemporaryFolder.text(of: "/proc/\(session)/cmdline").split(separator: "\0")
            #expect(words == ["/proc/self/exe", "__session", mount.path[...]])
            #expect(try TemporaryFolder.text(of: "/proc/\(session)/environ") == "")
        }

        @Test func signalsToTheSessionDoNotEndIt() throws {
            let mount = try TestMount()
            for signal in [SIGTERM, SIGINT, SIGHUP] { Glibc.kill(try #require(mount.sessions.last), signal) }
            usleep(100_000)
            #expect(try mount.output("cat $M/hello") == "hello\n")
            #expect(mount.sessions.count == 1)
        }

        @Test func unmountedByOthers() throws {
            let mount = try TestMount()
            #expect(try mount.shell("umount $M").status == 0)
            #expect(try mount.keeper.wait(seconds: 5).status == 0)
            #expect(mount.said.contains("unmounted"))
        }

        @Test func cutOffByOthers() throws {
            let mount = try TestMount()
            let device = try mount.output("mountpoint -d $M").split(whereSeparator: { ":\n".contains($0) })
            // The system's own place for it is not always mounted.
            let connections = try TemporaryFolder()
            try #require(Glibc.mount("fusectl", connections.path, "fusectl", 0, nil) == 0)
            defer { umount2(connections.path, Int32(MNT_DETACH)) }
            #expect(try mount.shell("echo 1 >\(connections.path)/\(device[1])/abort").status == 0)
            try waitFor("the keeper notices") { mount.said.contains("gaveUp") }
            #expect(try mount.shell("ls $M").errors.contains("Transport endpoint is not connected"))
        }

        @Test func aFolderThatHoldsSomethingIsRefused() throws {
            let folder = try TemporaryFolder()
            try Files.makeFolder(folder.path("mount"))
            try Files.write("mine", to: folder.path("mount/file"))
            let refused = try TestMount(in: folder)
            #expect(try refused.keeper.wait(seconds: 5).status == 73)
            #expect(refused.said.contains("failed nonempty-destination: "), "\(refused.said)")
            #expect(!refused.isMounted)

            let covering = try TestMount(in: folder, ["cover"])
            #expect(try covering.output("cat $M/hello") == "hello\n")
            #expect(try covering.end().status == 0)
            #expect(try folder.read("mount/file") == "mine")
        }

        @Test func mountsOfOthersAreLeftAlone() throws {
            let theirs = try MountedFolder("size=64k")
            try Files.write("theirs", to: theirs.path + "/file")
            let folder = try TemporaryFolder()
            try Files.makeLink(folder.path("mount"), to: theirs.path)
            let refused = try TestMount(in: folder)
            #expect(try refused.keeper.wait(seconds: 5).status == 73)
            #expect(refused.said.contains("something else is mounted"), "\(refused.said)")
            #expect(try TemporaryFolder.text(of: theirs.path + "/file") == "theirs")

            let covering = try TestMount(in: folder, ["cover"])
            #expect(try covering.output("cat $M/hello") == "hello\n")
            #expect(try covering.end().status == 0)
            #expect(try TemporaryFolder.text(of: theirs.path + "/file") == "theirs")
        }

        @Test func aLivingMountIsLeftAlone() throws {
            let folder = try TemporaryFolder()
            let first = try TestMount(in: folder)
            let second = try TestMount(in: folder)
            #expect(try second.keeper.wait(seconds: 10).status == 73)
            #expect(try first.output("cat $M/hello") == "hello\n")
            #expect(try first.end().status == 0)
        }

        /// What somebody has mounted over ours is not ours to take away.
        @Test func underTheMountOfSomebodyElse() throws {
            let mount = try TestMount()
            #expect(try mount.shell("mount -t tmpfs -o size=64k tmpfs $M").status == 0)
            mount.keeper.signal(SIGTERM)
            try waitFor("the refusal") { mount.said.contains("failed busy: something else is mounted over") }
            #expect(try mount.output("findmnt -n -o FSTYPE $M | tail -1") == "tmpfs\n")
            #expect(try mount.shell("umount $M").status == 0)
            #expect(try mount.end().status == 0)
            #expect(!mount.isMounted)
        }

        @Test func linksAndMissingFoldersOnTheWay() throws {
            let folder = try TemporaryFolder()
            try Files.makeLink(folder.path("link"), to: folder.path("not/yet"))
            let mount = try TestMount(in: folder, at: "link")
            #expect(try mount.output("cat $M/hello; cat \(folder.path("not/yet/hello"))") == "hello\nhello\n")
            #expect(try mount.end().status == 0)
            #expect(try folder.names == ["link", "not"])
        }

        @Test func notThroughALinkOfSomebodyElses() throws {
            let folder = try TemporaryFolder()
            try Files.makeFolder(folder.path("target"))
            try Files.makeLink(folder.path("mount"), to: folder.path("target"))
            try Files.setOwner(folder.path("mount"), 65534)
            let refused = try TestMount(in: folder)
            #expect(try refused.keeper.wait(seconds: 5).status == 73)
            #expect(refused.said.contains("failed destination-denied"), "\(refused.said)")
        }

        @Test func aFileInTheWay() throws {
            let folder = try TemporaryFolder()
            try Files.write("", to: folder.path("mount"))
            let refused = try TestMount(in: folder)
            #expect(try refused.keeper.wait(seconds: 5).status == 73)
            #expect(refused.said.contains("is no folder"), "\(refused.said)")
        }

        /// What the session has to say reaches whoever wanted the mount, with its exit status; nothing stays mounted.
        @Test(arguments: [
            ("refuse", 77, "failed session: it is refused; for a test"),
            ("crash", 71, "failed session: the session has ended (137) before it served"),
            ("crash-at-root", 71, "failed session: the session has ended (137) before it answered"),
            ("hang", 75, "failed late: the mount has not answered within 2s"),
        ])
        func sessionsThatDoNotBegin(setting: String, status: Int32, message: String) throws {
            let mount = try TestMount(setting, "start=2000")
            #expect(try mount.keeper.wait(seconds: 10).status == status)
            #expect(mount.said.contains(message), "\(mount.said)")
            #expect(!mount.isMounted)
        }
    }
}
