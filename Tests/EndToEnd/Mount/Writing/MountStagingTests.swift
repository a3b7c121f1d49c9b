import Foundation
import TestSupport
import Testing

extension WritingTasks {
    /// Where what is written is staged, and what is said of that before anything is mounted.
    @Suite struct MountStagingTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox()
            try sandbox.write(["src/a": "hello\n"])
        }

        private func task(_ keys: String = "", mode: String = "MOUNT") -> String {
            "file_mounts: {\(sandbox.destination): {source: ./src, mode: \(mode)\(keys.isEmpty ? "" : ", " + keys)}}"
        }

        /// The strategy of the only mount.
        private func strategy(_ task: String) throws -> [String: Any] {
            let found = try sandbox.expect(0, task, "--dry-run")
            let plan = try #require((found.json["plan"] as? [[String: Any]])?.first)
            return try #require(plan["strategy"] as? [String: Any])
        }

        @Test func whatIsPlanned() throws {
            for (mode, commit) in [("MOUNT", "close"), ("MOUNT_CACHED", "fsync")] {
                let plan = try strategy(task(mode: mode))
                let staging = try #require(plan["staging"] as? [String: Any])
                let folder = try #require(staging["dir"] as? String)
                #expect(plan["commit"] as? String == commit && plan["read_only"] as? Bool == false)
                #expect(folder.hasPrefix(sandbox.files.state + "/task/staging/dst-"), "\(folder)")
                #expect((staging["size"] as? Int ?? 0) > 16 << 20)
                #expect(!FileManager.default.fileExists(atPath: sandbox.files.state))
            }
            let stated = try strategy(task("staging: {dir: \(sandbox.path("fast")), size: 64MiB}"))
            let staging = try #require(stated["staging"] as? [String: Any])
            #expect((staging["dir"] as? String)?.hasPrefix(sandbox.path("fast") + "/task/dst-") == true)
            #expect(staging["size"] as? Int == 64 << 20)
            #expect(try strategy(task("read_only: true"))["staging"] == nil)
        }

        /// For nobody else's eyes, and the same for every run.
        @Test func theFolder() throws {
            for _ in 0..<2 {
                try sandbox.expect(0, task("staging: {dir: \(sandbox.path("fast"))}"))
                #expect(try sandbox.shell("echo new > $M/b").status == 0)
                #expect(try sandbox.verb("down").status == 0)
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: sandbox.path("fast/task"))
            #expect(names.count == 1 && names[0].hasPrefix("dst-"))
            let found = try sandbox.shell("stat -c %a \(sandbox.path("fast/task"))/* && cat \(sandbox.path("src/b"))")
            #expect(found.output == "700\nnew\n")
        }

        @Test func itCannotBeThere() throws {
            try sandbox.write(["file": ""])
            let refused = try sandbox.expect(73, task("staging: {dir: \(sandbox.path("file"))}"), "--dry-run")
            #expect(refused.diagnostics.first?.contains("the staging folder cannot be made") == true)
            #expect(refused.diagnostics.first?.contains("destination-denied") == true)
            let inside = try sandbox.expect(78, task("staging: {dir: \(sandbox.destination)/s}"), "--dry-run")
            #expect(inside.diagnostics.first?.contains("is in the mount") == true, "\(inside.diagnostics)")
            #expect(sandbox.mounts == [])
        }

        /// What programs write would have to wait for nearly every file.
        @Test(.enabled(if: LoopDisk.isPossible, Comment(rawValue: LoopDisk.absence))) func thereIsNoRoom() throws {
            let disk = try LoopDisk(mebibytes: 12)
            let refused = try sandbox.expect(28, task("staging: {dir: \(disk.path)}"), "--dry-run")
            #expect(refused.diagnostics.first?.contains("not-enough-disk") == true, "\(refused.diagnostics)")
            try sandbox.expect(28, task("staging: {dir: \(disk.path)}"))
            #expect(sandbox.mounts == [])
        }

        @Test func memoryIsNoDisk() throws {
            let found = try sandbox.expect(0, task("staging: {dir: /dev/shm/provision-staging-test}"), "--dry-run")
            #expect(
                found.diagnostics.count == 1 && found.diagnostics[0].contains("is in memory"), "\(found.diagnostics)")
            #expect(!FileManager.default.fileExists(atPath: "/dev/shm/provision-staging-test"))
        }

        /// A folder of this machine that nobody may write to, as root sees it.
        @Test func aSourceThatCannotBeWritten() throws {
            let source = "{source: /proc/sys, mode: MOUNT}"
            let refused = try sandbox.expect(77, "file_mounts: {\(sandbox.destination): \(source)}", "--dry-run")
            #expect(refused.diagnostics.first?.contains("cannot be written to") == true, "\(refused.diagnostics)")
        }

        /// What is mounted already is the same task's only with the same settings.
        @Test func otherSettingsAreAnotherMount() throws {
            try sandbox.expect(0, task())
            try sandbox.expect(0, task())
            for keys in ["commit: background", "on_torn: upload", "staging: {size: 1GiB}", "read_only: true"] {
                let refused = try sandbox.expect(78, task(keys))
                #expect(refused.mounts.first?.code == "changed-configuration", "\(keys)")
            }
        }

        /// A folder is one process's at a time, also when somebody has detached what is mounted with it.
        @Test func anotherProcessHasIt() throws {
            try sandbox.expect(0, task("staging: {dir: \(sandbox.path("fast"))}"))
            let user = try sandbox.start(
                "cd $M && echo in; while [ ! -e \(sandbox.path("go")) ]; do sleep 0.05; done")
            try sandbox.wait("somebody in it") { user.outputSoFar.contains("in") }
            #expect(try sandbox.shell("umount -l $M").status == 0)
            let refused = try sandbox.expect(
                75, task("staging: {dir: \(sandbox.path("fast"))}"), "--state-dir", sandbox.path("other"))
            #expect(refused.mounts.first?.trouble.contains("another process has the staging folder") == true)
            try sandbox.files.folder.write("", to: "go")
            _ = try user.wait()
            try sandbox.expectNothingLeft()
        }
    }
}
