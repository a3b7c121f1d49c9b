import Glibc

/// How often a test kills, and the seed of its moments: `PROVISION_TEST_KILLS` and `PROVISION_TEST_SEED`, or a few times and any.
public struct KillRounds {
    public let kills: Int
    public let seed: UInt64

    /// Prints the seed, so that whoever sees the test fail can have the same again.
    public init() {
        kills = getenv("PROVISION_TEST_KILLS").flatMap { Int(String(cString: $0)) } ?? 40
        seed = getenv("PROVISION_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 0 ... .max)
        print("PROVISION_TEST_SEED=\(seed)")
    }

    public var chance: SeededGenerator { SeededGenerator(seed: seed) }
}
