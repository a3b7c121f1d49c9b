import Foundation
import TestSupport
import Testing

extension MountedTasks {
    /// What is said of mounts before anything is done.
    @Suite struct MountDryRunTests {
        @Test func aPlanAndNothingElse() throws {
            let sandbox = try MountSandbox(of: ["a": "hello\n"])
            let plan = try sandbox.expect(0, sandbox.task(), "--dry-run")
            let entry = try #require((plan.json["plan"] as? [[String: Any]])?.first)
            #expect(entry["mode"] as? String == "MOUNT" && entry["path"] as? String == sandbox.destination)
            #expect((entry["strategy"] as? [String: Any])?["action"] as? String == "mount")
            #expect(entry["objects"] is Foundation.NSNull && sandbox.mounts == [] && sandbox.supervisors == [])
            #expect(!Files.isThere(sandbox.destination))
            try sandbox.write(["dst/mine": "x"])
            #expect(try sandbox.expect(73, sandbox.task(), "--dry-run").diagnostics.first?.contains("nonempty") == true)
            // What is mounted already is no obstacle.
            try sandbox.expect(0, sandbox.task("on_nonempty: overlay"))
            try sandbox.expect(0, sandbox.task("on_nonempty: overlay"), "--dry-run")
        }
    }
}
