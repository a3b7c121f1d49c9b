import Foundation
import TestSupport
import Testing

extension Rootless {
    /// What a machine can lack, what `doctor` says of it, and what becomes of a task there.
    @Suite struct MissingThingsTests {
        /// Has system calls refused as containers do, with the first error that comes to mind.
        private static let filter = """
            import ctypes, os, platform, struct, sys
            number = {"x86_64": 272, "aarch64": 97}[platform.machine()]
            libc = ctypes.CDLL(None, use_errno=True)
            rules = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000)]
            code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
            program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(rules), ctypes.addressof(code)))
            assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.c_void_p(ctypes.addressof(program))) == 0
            os.execvp(sys.argv[1], sys.argv[1:])
            """

        enum Missing: String, CaseIterable {
            case nothing, device, mode, namespaces, filter, helper, everything

            func user(_ sandbox: MountSandbox) throws -> OrdinaryUser {
                let number = OrdinaryUser.nobody
                return switch self {
                case .nothing: try OrdinaryUser(sandbox, number: number)
                case .device: try OrdinaryUser(sandbox, number: number, device: nil)
                case .mode: try OrdinaryUser(sandbox, number: number, device: "600")
                case .namespaces: try OrdinaryUser(sandbox, number: number, hasNamespaces: false)
                case .filter:
                    try OrdinaryUser(
                        sandbox, number: number, through: [Judge.python, "-c", MissingThingsTests.filter])
                case .helper: try OrdinaryUser(sandbox, number: number, hasHelper: false)
                case .everything:
                    try OrdinaryUser(sandbox, number: number, hasNamespaces: false, hasHelper: false)
                }
            }

            /// The conclusion, and then what is said of each thing, with a word of what mends it.
            var words: [(topic: String, text: String, platform: String, mend: String)] {
                let noDevice = (
                    "fuse device", "cannot be opened: No such file or directory", "docker", "--device /dev/fuse"
                )
                let closed = ("fuse device", "cannot be opened: Permission denied", "machine", "chmod 666 /dev/fuse")
                let number = (
                    "mounting for COMMAND", "user.max_user_namespaces is 0", "machine",
                    "sysctl user.max_user_namespaces=15000"
                )
                let filtered = ("mounting for COMMAND", "(seccomp)", "kubernetes", "seccompProfile: {type: Unconfined}")
                let noHelper = (
                    "mounting by fusermount3", "fusermount3 is not there", "machine", "apt-get install fuse3"
                )
                let weak = (
                    "mounting by fusermount3", "no_new_privs", "kubernetes", "allowPrivilegeEscalation: true"
                )
                let noRight = ("mounting", "CAP_SYS_ADMIN is missing", "podman", "--cap-add SYS_ADMIN")
                return switch self {
                case .nothing: [noRight]
                case .device: [noDevice]
                case .mode: [closed]
                case .namespaces: [noRight, number]
                case .filter: [noRight, filtered, weak]
                case .helper: [noRight, noHelper]
                case .everything: [noRight, number, noHelper]
                }
            }

            /// What `-- COMMAND` and a task without it end with.
            var statuses: (command: Int32, plain: Int32) {
                switch self {
                case .nothing, .namespaces: (0, 0)
                case .helper: (0, 71)
                case .device, .mode, .filter, .everything: (71, 71)
                }
            }
        }

        @Test(arguments: Missing.allCases) func whatIsMissing(_ missing: Missing) throws {
            let sandbox = try MountSandbox(of: ["a": "hello\n"])
            let user = try missing.user(sandbox)
            try sandbox.files.folder.write(sandbox.task(), to: "task.yaml")

            let doctor = try user.run(
                "exec $P doctor --output json --state-dir $S", ["AWS_EC2_METADATA_DISABLED": "true"])
            let json = try JSONSerialization.jsonObject(with: Data(doctor.output.utf8)) as? [String: Any]
            let findings = try #require(json?["findings"] as? [[String: String]], "\(doctor)")
            for (topic, text, platform, mend) in missing.words {
                let finding = try #require(findings.first { $0["topic"] == topic }, "\(topic): \(findings)")
                #expect(finding["state"] == "fact" && finding["text"]?.contains(text) == true, "\(finding)")
                #expect(finding[platform]?.contains(mend) == true, "\(finding)")
            }
            let statuses = missing.statuses
            let verdict = findings.last { $0["topic"] == "fuse" }?["text"] ?? ""
            let wanted =
                switch statuses {
                case (0, 0): "MOUNT can work"
                case (0, _): "MOUNT can work with a COMMAND"
                default: "MOUNT cannot work: "
                }
            #expect(verdict.hasPrefix(wanted), "\(verdict)")

            // Before a machine is paid for, and when it is.
            let run = try user.run(
                """
                run() { echo $($P task.yaml --state-dir $S "$@" > out 2>&1; echo $?) $(grep -o no-fuse out | sort -u); }
                run --dry-run -- true; run -- cat $M/a; run --dry-run; run
                $P down --state-dir $S > /dev/null; echo down $?
                """)
            let said = { (status: Int32) in status == 0 ? "0" : "71 no-fuse" }
            let (command, plain) = (said(statuses.command), said(statuses.plain))
            #expect(run.output == "\(command)\n\(command)\n\(plain)\n\(plain)\ndown 0\n", "\(run)")
            try sandbox.expectNoTrace()
        }

        /// What else there is is said.
        @Test func alternatives() throws {
            let sandbox = try MountSandbox(of: ["a": "hello\n"])
            let user = try OrdinaryUser(sandbox, hasHelper: false)
            let run = try sandbox.run(sandbox.task(), before: user.words)
            #expect(run.status == 71)
            for way in ["`-- COMMAND` mounts", "root mounts", "--fuse-fd", "on_no_fuse: copy", "provision doctor"] {
                #expect(run.output.contains(way), "\(run)")
            }
        }

        /// Who may be given a copy instead gets one.
        @Test func aCopyInstead() throws {
            let sandbox = try MountSandbox(of: ["a": "hello\n"])
            let user = try OrdinaryUser(sandbox, hasNamespaces: false, hasHelper: false)
            let run = try user.enter(
                ["/bin/sh", "-c", "read line < $M/a; echo $line"], task: sandbox.task("on_no_fuse: copy")
            ).wait(seconds: 60)
            #expect(run.status == 0 && run.output == "hello\n", "\(run)")
            #expect(run.errors.contains("no-fuse") && run.errors.contains("user.max_user_namespaces is 0"), "\(run)")
            #expect(sandbox.files.content("dst/a") == "hello\n" && sandbox.supervisors == [])
        }
    }
}
