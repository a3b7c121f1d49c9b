import TestSupport
import Testing

extension MountedTasks {
    /// Machines that cannot mount.
    @Suite struct WithoutFUSETests {
        private let sandbox: MountSandbox
        /// Root without the right to mount.
        private let unable = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
        }

        @Test func itIsSaid() throws {
            for options in [[], ["--dry-run"]] {
                let words = try unable + sandbox.files.words(sandbox.task(), options)
                let finished = try Program.run(words, in: sandbox.files.folder.path)
                #expect(finished.status == 71)
                #expect(finished.output.contains("no-fuse") && finished.output.contains("CAP_SYS_ADMIN"), "\(finished)")
            }
            #expect(sandbox.supervisors == [])
            let doctor = try Program.run(unable + [Program.provision, "doctor"])
            #expect(doctor.output.contains("this user may not mount"), "\(doctor)")
        }

        @Test func aDeviceThatIsNone() throws {
            let words = try sandbox.files.words(sandbox.task(), [])
            let hidden = ["unshare", "-m", "sh", "-c", "mount --bind /dev/null /dev/fuse && exec \"$@\"", "sh"]
            let finished = try Program.run(hidden + words, in: sandbox.files.folder.path)
            #expect(finished.status == 71 && finished.output.contains("is not the device of FUSE"), "\(finished)")
        }

        @Test func itIsCopiedInstead() throws {
            let task = sandbox.task("on_no_fuse: copy")
            let finished = try sandbox.run(task, before: unable)
            #expect(finished.status == 0, "\(finished)")
            let run = try Document(finished)
            #expect(run.mounts.first?.state == "copied")
            #expect(run.diagnostics.contains { $0.hasPrefix("warning no-fuse") })
            #expect(sandbox.files.content("dst/a") == "hello\n" && sandbox.supervisors == [])
        }
    }
}
