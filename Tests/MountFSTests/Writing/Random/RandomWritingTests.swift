import Glibc
import Testing

@testable import MountFS

/// Random operations of programs on a mount, compared one by one with a tree as POSIX has it; in the end the bucket has to be
/// that tree, object by object, and another mount has to show it. A seed that fails is printed and can be run again, with
/// all of its operations printed: PROVISION_TEST_SEED=NUMBER.
struct RandomWritingTests {
    @Test(arguments: 0..<8)
    func mountIsATreeOfFiles(share: Int) async throws {
        let only = getenv("PROVISION_TEST_SEED").flatMap { UInt64(String(cString: $0)) }
        guard only == nil || share == 0 else { return }
        let count = getenv("PROVISION_TEST_SEEDS").flatMap { Int(String(cString: $0)) } ?? 10
        for seed in only.map({ [$0] }) ?? (0..<count).map({ UInt64($0 * 8 + share) }) {
            var run = try WritingRun(seed: seed, isTold: only != nil)
            do {
                try await run.operate(120)
                try await run.finish()
            } catch {
                Issue.record("seed \(seed), step \(run.step) (\(run.last)): \(error)")
            }
        }
    }
}
