import Testing

@testable import MountFS

/// What counts as reading in order.
struct ReadRunsTests {
    private func runs(_ reads: [(Int, Int)]) -> ReadRuns {
        var runs = ReadRuns()
        for (tick, read) in reads.enumerated() { _ = runs.note(read.0..<read.0 + read.1, tick: tick) }
        return runs
    }

    @Test func threeReadsThatJoinAreAStream() {
        #expect(!runs([(100, 10), (110, 10)]).runs[0].isStream)
        let run = runs([(100, 10), (110, 10), (120, 5)]).runs[0]
        #expect(run.isStream && run.range == 100..<125 && run.evidence == 25)
    }

    /// Four large ones may be one touch of mapped memory.
    @Test func aFewLargeReadsAreNoStream() {
        let mebibyte = 1 << 20
        let reads = (0..<8).map { ((100 + $0) * mebibyte, mebibyte) }
        for count in 1...4 { #expect(!runs(Array(reads[..<count])).runs[0].isStream, "\(count)") }
        #expect(!runs([reads[2], reads[0], reads[3], reads[1]]).runs[0].isStream)
        for count in 5...8 { #expect(runs(Array(reads[..<count])).runs[0].isStream, "\(count)") }
        #expect(runs((0..<3).map { ($0 * mebibyte, mebibyte) }).runs[0].isStream)
    }

    @Test func readsOutOfOrderJoinWhenTheGapIsFilled() {
        let runs = runs([(0, 10), (20, 10), (30, 10), (10, 10)])
        #expect(runs.runs.count == 1)
        #expect(runs.runs[0].range == 0..<40 && runs.runs[0].evidence == 40 && runs.runs[0].isStream)
    }

    @Test func oneReadMayComeVeryLate() {
        let mebibyte = 1 << 20
        let early = (11..<100).map { ($0 * mebibyte, mebibyte) }
        let late = runs((0..<10).map { ($0 * mebibyte, mebibyte) } + early + [(10 * mebibyte, mebibyte)])
        #expect(late.runs.count == 1)
        #expect(late.runs[0].range == 0..<100 * mebibyte && late.runs[0].evidence == 100 * mebibyte)
    }

    @Test func twoReadsMayComeVeryLate() {
        let mebibyte = 1 << 20
        let order = [0, 1, 3, 4] + Array(6..<50) + [2] + Array(50..<90) + [5]
        let late = runs(order.map { ($0 * mebibyte, mebibyte) })
        #expect(late.runs.count == 1 && late.runs[0].range == 0..<90 * mebibyte)
    }

    @Test func oneReaderWhoReachesAnotherStaysOne() {
        let mebibyte = 1 << 20
        let sideBySide = (0..<40).flatMap { [($0 * mebibyte, mebibyte), ((40 + $0) * mebibyte, mebibyte)] }
        let both = runs(sideBySide + [(40 * mebibyte, mebibyte)])
        #expect(both.runs.contains { $0.range == 40 * mebibyte..<80 * mebibyte })
        #expect(both.runs.contains { $0.range.lowerBound == 0 })
    }

    @Test func readingBackwardsProvesNothing() {
        let run = runs([(90, 10), (80, 10), (70, 10), (60, 10), (50, 10)]).runs[0]
        #expect(run.range == 50..<100 && run.evidence == 10 && !run.isStream)
    }

    @Test func stridesAreNoStream() {
        #expect(runs((0..<20).map { ($0 * 20, 10) }).runs.filter(\.isStream).isEmpty)
    }

    @Test func aSecondPassIsAStreamOfItsOwn() {
        let runs = runs((0..<30).map { ($0 * 10, 10) } + [(50, 10), (60, 10), (70, 10)])
        #expect(runs.runs[0].range == 50..<80 && runs.runs[0].isStream)
        #expect(runs.runs[1].range == 0..<300)
    }

    @Test func severalStreamsInOneFile() {
        let runs = runs((0..<10).flatMap { step in (0..<4).map { ($0 * 1000 + step * 10, 10) } })
        #expect(runs.runs.count == 4)
        #expect(runs.runs.allSatisfy { $0.isStream && $0.range.count == 100 })
    }

    @Test func theOldestRunIsForgotten() {
        var runs = runs([(0, 10), (10, 10), (20, 10)])
        for index in 1..<ReadRuns.limit { #expect(runs.note(index * 1000..<index * 1000 + 1, tick: 9) == .init()) }
        #expect(runs.note(999_999..<1_000_000, tick: 10) == ReadRuns.Change(hasMerged: false, hasEnded: true))
        #expect(runs.runs.count == ReadRuns.limit)
    }

    @Test func whatWasFetchedAheadCanBeLost() {
        var runs = runs([(0, 10), (10, 10), (20, 10)])
        runs.update { $0.issued = 100 }
        runs.forgetIssued(from: 60)
        #expect(runs.runs[0].issued == 60)
        runs.forgetIssued(from: 20)
        #expect(runs.runs[0].issued == 60)
    }
}

/// How far ahead, and in what pieces.
struct LookaheadTests {
    private let settings = ReadingSettings()

    private func ahead(
        _ start: Int, _ evidence: Int, steps: Int = 3, allowance: Int = .max, most: Int? = nil
    ) -> Lookahead {
        var run = ReadRuns.Run(range: start..<start + evidence, evidence: evidence, steps: steps)
        run.allowance = allowance
        return Lookahead(for: run, most: most ?? settings.largestWindow, settings)
    }

    @Test func nothingForRandomReads() {
        #expect(ahead(1000, 256 << 10, steps: 1) == .none)
    }

    @Test func aShortBurstGetsAsMuchAsItHasRead() {
        #expect(ahead(1000, 384 << 10).window == 384 << 10)
        #expect(ahead(1000, 384 << 10).part == 256 << 10)
    }

    @Test func fromTheBeginningItGoesFaster() {
        #expect(ahead(0, 256 << 10).window == 4 << 20)
        #expect(ahead(0, 2 << 20).window == 8 << 20)
    }

    @Test func partsGrowWithTheWindow() {
        #expect(ahead(0, 4 << 20).part == 1 << 20)
        #expect(ahead(0, 16 << 20).part == 2 << 20)
        // Where a smaller window does, there are fewer of them.
        #expect(ahead(0, 1 << 30, most: 32 << 20) == ahead(0, 32 << 20, most: 32 << 20))
        #expect(ahead(0, 32 << 20, most: 32 << 20).part == 4 << 20)
        #expect(ahead(0, 4 << 20, most: 32 << 20).part == 2 << 20)
        #expect(ahead(0, 1 << 30) == ahead(1000, 32 << 20))
        #expect(ahead(0, 1 << 30).window == 128 << 20)
        #expect(ahead(0, 1 << 30).part == 4 << 20)
    }

    @Test func shortMemoryLimitsIt() {
        #expect(ahead(0, 1 << 30, allowance: 2 << 20).window == 2 << 20)
    }
}
