import Testing

@testable import Transfer

/// What comes of the rule in worlds that are known.
@Suite struct PaceRuleTests {
    private typealias World = SimulatedCopy.World

    private static let small = 16 << 10
    private static let part = 8 << 20

    // MARK: Where more are of no use

    /// The processors are busy from the beginning. In the second world the server takes a part of them.
    @Test(arguments: [small, part], [0, 0.4])
    func aStoreBesideUs(size: Int, others: Double) {
        var copy = SimulatedCopy(World(distance: 50e-6, others: others)) { _ in size }
        copy.run(seconds: 0.5)
        #expect(copy.limits == 16...16)
        copy.run(seconds: 3)
        #expect(copy.limits.upperBound < 32)
        #expect(copy.rule.limit <= 16)
    }

    /// Something else has most of the processors: that ours are seldom on one does not mean that more would be.
    @Test func aBusyMachine() {
        var copy = SimulatedCopy(World(distance: 50e-6, others: 0.8)) { _ in Self.part }
        copy.run(seconds: 5)
        #expect(copy.limits.upperBound <= 32)
        #expect(copy.rule.limit <= 20)
    }

    /// It answers 2,000 times a second, 20 ms from here, whoever asks: 40 at once would do, and a line is all that more make.
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func aServerWithALimit(seed: UInt64) {
        let world = World(distance: 0.02, chance: 1, server: 2000, processors: 16)
        var copy = SimulatedCopy(world, seed: seed) { _ in Self.small }
        copy.run(seconds: 1.5)
        #expect((32...128).contains(copy.rule.limit))
        let done = copy.done
        copy.run(seconds: 2)
        #expect(copy.done - done > 3_400)
    }

    /// 14 of its connections fill the line.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func aNetworkWithALimit(seed: UInt64) {
        let world = World(distance: 0.02, chance: 0.5, connection: 90e6, network: 1.25e9, processors: 16)
        var copy = SimulatedCopy(world, seed: seed) { _ in Self.part }
        copy.run(seconds: 5)
        #expect((12...48).contains(copy.rule.limit))
        let bytes = copy.bytes
        copy.run(seconds: 20)
        #expect(copy.limits.upperBound <= 96)
        #expect(Double(copy.bytes - bytes) > 0.85 * 20 * 1.25e9)
    }

    // MARK: Where they are

    @Test(arguments: [0, 0.5, 1])
    func aDistance(chance: Double) {
        var copy = SimulatedCopy(World(distance: 0.03, chance: chance)) { _ in Self.small }
        copy.run(seconds: 0.25)
        #expect(copy.rule.limit == 256)
        copy.run(seconds: 1)
        #expect(copy.limits.lowerBound >= 128)
    }

    /// As many as it takes to make use of the processors, and hardly more.
    @Test(arguments: [4 << 20, part])
    func slowConnections(size: Int) {
        var copy = SimulatedCopy(World(distance: 0.03, connection: 100e6)) { _ in size }
        copy.run(seconds: 0.5)
        #expect((32...96).contains(copy.rule.limit))
        let bytes = copy.bytes
        copy.run(seconds: 10)
        #expect(copy.limits.upperBound <= 128)
        #expect(Double(copy.bytes - bytes) > 0.7 * 10 * 2 / 0.6e-9)
    }

    /// Large objects take longer than small ones, and not because there were too many.
    @Test(arguments: [1, 100, 2000])
    func sizesOfAllKinds(turns: Int) {
        let world = World(distance: 0.03, connection: 100e6, processors: 64)
        var copy = SimulatedCopy(world) { $0 / turns % 3 == 0 ? Self.part : Self.small }
        copy.run(seconds: 1)
        #expect(copy.rule.limit == 256)
        copy.run(seconds: 2)
        #expect(copy.limits.lowerBound >= 128)
    }

    // MARK: What changes

    @Test func aNetworkThatBecomesFaster() {
        var copy = SimulatedCopy(World(distance: 0.02, connection: 90e6, network: 0.5e9, processors: 16)) { _ in
            Self.part
        }
        copy.run(seconds: 10)
        #expect(copy.rule.limit <= 24)
        copy.world.network = 5e9
        copy.run(seconds: 30)
        #expect(copy.rule.limit >= 48)
    }

    @Test func aNetworkThatBecomesSlower() {
        var copy = SimulatedCopy(World(distance: 0.02, connection: 90e6, network: 5e9, processors: 16)) { _ in Self.part
        }
        copy.run(seconds: 10)
        #expect(copy.rule.limit >= 48)
        copy.world.network = 0.5e9
        copy.run(seconds: 120)
        #expect(copy.rule.limit <= 32)
    }

    /// As with small objects after large ones that kept all processors busy.
    @Test func workThatBecomesLighter() {
        var copy = SimulatedCopy(World(distance: 0.03, perRequest: 5e-3)) { _ in Self.small }
        copy.run(seconds: 5)
        #expect(copy.rule.limit <= 32)
        copy.world.perRequest = 80e-6
        copy.run(seconds: 1)
        #expect(copy.rule.limit == 256)
    }

    // MARK: Bounds

    @Test(arguments: [1, 2, 3, 15, 17, 100])
    func aCeiling(ceiling: Int) {
        var copy = SimulatedCopy(World(distance: 0.03), ceiling: ceiling) { _ in Self.small }
        copy.run(seconds: 5)
        #expect(copy.limits.lowerBound >= 1 && copy.limits.upperBound <= ceiling)
        #expect(copy.rule.limit * 2 >= ceiling)
    }

    /// Whoever has found the right number seldom tries another one.
    @Test func rest() {
        var copy = SimulatedCopy(World(distance: 0.02, connection: 90e6, network: 1.25e9, processors: 16)) { _ in
            Self.part
        }
        copy.run(seconds: 60)
        #expect(copy.changes < 24)
    }
}
