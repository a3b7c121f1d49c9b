import Glibc
import Testing

/// Random operations on a mount, and random changes of the bucket by others, compared with a model that is worked out from
/// the keys alone. A seed that fails is printed and can be run again: PROVISION_TEST_SEED=NUMBER.
struct RandomOperationTests {
    @Test(arguments: 0..<8)
    func treeIsThatOfTheKeys(share: Int) async throws {
        let only = getenv("PROVISION_TEST_SEED").flatMap { UInt64(String(cString: $0)) }
        guard only == nil || share == 0 else { return }
        let count = getenv("PROVISION_TEST_SEEDS").flatMap { Int(String(cString: $0)) } ?? 125
        for seed in only.map({ [$0] }) ?? (0..<count).map({ UInt64($0 * 8 + share) }) {
            var run = try RandomRun(seed: seed)
            do {
                try await run.operate(60)
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
    }
}
