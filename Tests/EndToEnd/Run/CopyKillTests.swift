import Foundation
import TestSupport
import Testing

extension CopyFaults {
    /// Copies that are killed.
    @Suite struct Kills {
        private let sandbox: CopySandbox

        init() throws {
            sandbox = try CopySandbox()
        }

        /// However often it is killed and wherever: what was in place stays as it is, and one more run completes the tree.
        @Test func killedAtAnyMoment() async throws {
            try GeneratedTree.make(at: sandbox.source)
            let source = FileTree(sandbox.source)
            let rounds = Int(ProcessInfo.processInfo.environment["PROVISION_TEST_KILLS"] ?? "") ?? 40
            // Random moments up to a bound that follows how fast this machine is: most kills shall find the copy at work.
            var bound = 100_000.0
            var killed = 0
            for kill in 0..<rounds {
                // Killed five times in a row, then completed, then from the beginning.
                if kill % 5 == 0 { Files.removeTree(sandbox.destination) }
                let before = FileTree(sandbox.destination)
                let running = try sandbox.start(sandbox.task(), ["--jobs", "2"])
                try await Task.sleep(for: .microseconds(Int.random(in: 0...Int(bound))))
                running.signal(SIGKILL)
                let wasKilled = try await running.end().status == 137
                killed += wasKilled ? 1 : 0
                bound = min(max(bound * (wasKilled ? 1.3 : 0.5), 2_000), 1_000_000)
                let after = FileTree(sandbox.destination)
                try CopySandbox.expectFilesStayed(from: before, to: after)
                // A name is there with its whole content, or it is not there.
                for (path, node) in after.nodes where node.isFile && !path.isTemporary {
                    try #require(node == source.nodes[path], "kill \(kill): \(String(decoding: path, as: UTF8.self))")
                }
                guard kill % 5 == 4 else { continue }
                try sandbox.succeed(sandbox.task())
                let final = FileTree(sandbox.destination)
                try CopySandbox.expectFilesStayed(from: after, to: final)
                try #require(final.differences(from: source) == [], "after kill \(kill)")
            }
            #expect(killed > rounds / 4)
        }

        /// Between making the destination and claiming it: the next run knows the empty folder as its own.
        @Test(.enabled(if: Program.canTrace, Comment(rawValue: Program.noTracing)))
        func killedBeforeTheDestinationIsClaimed() throws {
            try GeneratedTree.make(at: sandbox.source)
            for lock in 1...3 {
                Files.removeTree(sandbox.destination)
                Files.removeTree(sandbox.path("state"))
                let trace = ["strace", "-f", "-o", "/dev/null", "-e", "inject=flock:signal=SIGKILL:when=\(lock)"]
                _ = try Program.run(trace + sandbox.words(sandbox.task(), []), in: sandbox.folder.path)
                try sandbox.succeed(sandbox.task())
                let differences = FileTree(sandbox.destination).differences(from: FileTree(sandbox.source))
                #expect(differences == [], "killed at lock \(lock)")
            }
        }
    }
}
