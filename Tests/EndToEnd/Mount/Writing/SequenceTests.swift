import Foundation
import TestSupport
import Testing

extension WritingPrograms {
    /// Random calls give the same on a mount as on a local disk, call by call, and leave the same, also for who mounts it anew.
    /// A sequence that fails is printed and can be run again: PROVISION_TEST_SEED=NUMBER.
    @Suite(
        .over(.seaweedFS, .ceph, .google, .fakeGCS, .azure),
        .enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)))
    struct SequenceTests {
        private static let steps = 150

        private static var seeds: [Int] {
            let environment = ProcessInfo.processInfo.environment
            if let only = environment["PROVISION_TEST_SEED"].flatMap(Int.init) { return [only] }
            return Array(1...(environment["PROVISION_TEST_SEEDS"].flatMap(Int.init) ?? 10))
        }

        private static func compare(_ words: String...) throws -> Finished {
            let script = Judge.project.appending(path: "Tests/EndToEnd/Mount/Writing/sequences.py").path
            return try Program.start(["timeout", "-s", "KILL", "100", Judge.python, script] + words).wait()
        }

        @Test(arguments: [MountedFiles.Home.folder, .bucket])
        func theSameAsOnADisk(home: MountedFiles.Home) async throws {
            guard !home.isRepeated else { return }
            let disk = try TemporaryFolder()
            let mounted = try await WritableMount(in: home)
            // Folders change places where the store can have them do so.
            let words = home == .folder ? "folders" : "files"
            for seed in Self.seeds {
                let done = try Self.compare(
                    "run", "\(seed)", "\(Self.steps)", disk.path("\(seed)"), "\(mounted.root)/\(seed)", words)
                #expect(done.status == 0, "\(done.output.suffix(3000))\(done.errors)")
            }
            try mounted.end()
            try mounted.mount("read_only: true")
            for seed in Self.seeds {
                let found = try Self.compare("trees", disk.path("\(seed)"), "\(mounted.root)/\(seed)")
                #expect(found.status == 0, "seed \(seed), mounted anew: \(found.errors)")
            }
        }
    }
}
