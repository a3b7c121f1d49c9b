import Foundation
import TestSupport
import Testing

extension Rootless {
    /// Who may not even open the device serves a mount that somebody with more rights has made and passed in.
    @Suite struct PassedDeviceTests {
        private let sandbox: MountSandbox
        /// Root, who opens a device for each place, mounts there unless it is "", and becomes an ordinary user with the devices as
        /// descriptors from 3 on.
        private static let giver = """
            import ctypes, os, sys
            for number, place in enumerate(sys.argv[1].split(":"), 3):
                device = os.open("/dev/fuse", os.O_RDWR)
                data = f"fd={device},rootmode=40000,user_id=4242,group_id=4242,allow_other,default_permissions"
                if place:
                    given = ctypes.CDLL(None).mount(b"given", place.encode(), b"fuse.provision", 0, data.encode())
                    assert given == 0
                if device != number: os.dup2(device, number)
                os.set_inheritable(number, True)
            os.setgroups([]); os.setgid(4242); os.setuid(4242)
            os.execvp(sys.argv[2], sys.argv[2:])
            """

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
            for name in ["seen", "other"] { try Files.makeFolder(sandbox.path(name)) }
            // Everything is that user's.
            _ = try OrdinaryUser(sandbox)
        }

        private func words(at place: String) -> [String] { [Judge.python, "-c", Self.giver, place] }

        @Test(arguments: [true, false]) func itIsServed(asOption: Bool) throws {
            let seen = sandbox.path("seen")
            let line = "touch home/in; until [ -e home/end ]; do sleep 0.05; done"
            let destination = asOption ? sandbox.path("anywhere") : "/dev/fd/3"
            let words = try sandbox.files.words(
                "file_mounts: {\(destination): {source: ./src, mode: MOUNT, commit: background}}",
                asOption ? ["--fuse-fd", "3"] : [])
            let program = try Program.start(
                self.words(at: seen) + words + ["--", "sh", "-c", line], environment: sandbox.environment,
                in: sandbox.files.folder.path)
            try sandbox.wait("COMMAND") { Files.isThere(sandbox.path("home/in")) }
            let user = "setpriv --reuid 4242 --regid 4242 --clear-groups"
            let use = "cat \(seen)/a; echo new > \(seen)/new; stat -c %u \(seen)"
            #expect(try sandbox.output("\(user) sh -c '\(use)'") == "hello\n4242\n")
            // A second descriptor would be nobody's.
            let second = try Program.run(
                self.words(at: sandbox.path("other")) + words, environment: sandbox.environment,
                in: sandbox.files.folder.path)
            #expect(second.status == 75 && second.output.contains("is served already"), "\(second)")
            #expect(try sandbox.shell("umount \(sandbox.path("other"))").status == 0)
            // Another session goes on.
            let session = try #require(sandbox.sessions.first)
            kill(session, SIGKILL)
            #expect(try sandbox.output("cat \(seen)/new") == "new\n")
            try Files.write("", to: sandbox.path("home/end"))
            let run = try program.wait(seconds: 60)
            #expect(run.status == 0, "\(run)")
            #expect(sandbox.stored("new") == "new\n" && !Files.isThere(sandbox.path("anywhere")))
            try sandbox.wait("everybody gone") { sandbox.supervisors.isEmpty && sandbox.sessions.isEmpty }
            // It is not ours to unmount; nobody serves it, and whoever looks is told so.
            let said = try sandbox.shell("ls \(seen) 2>&1").output
            #expect(["not connected", "connection abort"].contains(where: said.contains) && sandbox.mounts == [seen])
            #expect(try sandbox.shell("umount \(seen)").status == 0)
            try sandbox.expectNoTrace()
        }

        /// Each has its destination.
        @Test func twoDescriptors() throws {
            let places = ["seen", "other"].map(sandbox.path)
            let entries = ["src", "home"].enumerated().map { index, source in
                "/dev/fd/\(3 + index): {source: ./\(source), mode: MOUNT, read_only: true}"
            }
            let words = try sandbox.files.words("file_mounts: {\(entries.joined(separator: ", "))}", [])
            let line = "until [ -e home/end ]; do sleep 0.05; done"
            let program = try Program.start(
                self.words(at: places.joined(separator: ":")) + words + ["--", "sh", "-c", "touch home/in; " + line],
                environment: sandbox.environment, in: sandbox.files.folder.path)
            try sandbox.wait("COMMAND") { Files.isThere(sandbox.path("home/in")) }
            #expect(try sandbox.output("cat \(places[0])/a; ls \(places[1])") == "hello\nin\n")
            try Files.write("", to: sandbox.path("home/end"))
            let run = try program.wait(seconds: 60)
            #expect(run.status == 0, "\(run)")
            for place in places { #expect(try sandbox.shell("umount \(place)").status == 0) }
            try sandbox.wait("everybody gone") { sandbox.supervisors.isEmpty && sandbox.sessions.isEmpty }
            try sandbox.expectNoTrace()
        }

        /// Root mounts with a device that it could not open by itself.
        @Test func notMountedYet() throws {
            let hidden = "exec 3<>/dev/fuse; mount --bind /dev/null /dev/fuse && exec \"$@\""
            let words = try sandbox.files.words(sandbox.writableTask, ["--fuse-fd", "3", "--", "cat"])
            let run = try Program.run(
                ["unshare", "-m", "sh", "-c", hidden, "sh"] + words + [sandbox.path("dst/a")],
                environment: sandbox.environment, in: sandbox.files.folder.path)
            #expect(run.status == 0 && run.output == "hello\n", "\(run)")
            try sandbox.expectNoTrace()
        }

        @Test(arguments: [
            ("9", "descriptor 9 is not open here"), ("0", "descriptor 0 is not of /dev/fuse"),
            ("3", "descriptor 3 is not mounted"),
        ]) func whatIsOfNoUse(number: String, says: String) throws {
            for options in [[], ["--dry-run"]] {
                let words = try sandbox.files.words(sandbox.writableTask, ["--fuse-fd", number] + options)
                let run = try Program.run(
                    self.words(at: "") + words, environment: sandbox.environment, in: sandbox.files.folder.path)
                #expect(run.status == 71 && run.output.contains("no-fuse") && run.output.contains(says), "\(run)")
            }
            #expect(sandbox.supervisors == [])
        }

        /// A descriptor is one mount's.
        @Test func twoMounts() throws {
            let entry = "{source: ./src, mode: MOUNT}"
            let task = "file_mounts: {\(sandbox.path("one")): \(entry), \(sandbox.path("two")): \(entry)}"
            let run = try sandbox.run(task, "--fuse-fd", "3", before: words(at: ""))
            #expect(run.status == 64 && run.errors.contains("--fuse-fd is for one mount, and there are 2"), "\(run)")
        }
    }
}
