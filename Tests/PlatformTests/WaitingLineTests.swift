import TestSupport
import Testing

@testable import Platform

@Suite struct WaitingLineTests {
    private func all(_ line: inout WaitingLine<String>) -> [String] {
        var all: [String] = []
        while let next = line.next() { all.append(next) }
        return all
    }

    @Test func inTheOrderInWhichTheyCame() {
        var line = WaitingLine<String>()
        for (rank, name) in ["a", "b", "c"].enumerated() { line.append(name, rank: rank) }
        #expect(line.next() == "a")
        line.append("d", rank: 0)
        #expect(line.count == 3 && all(&line) == ["b", "c", "d"] && line.next() == nil)
    }

    @Test func byRankForAWhile() {
        var line = WaitingLine<String>()
        for (name, rank) in [("a", 1), ("b", 9), ("c", 3), ("d", 3), ("e", 2)] { line.append(name, rank: rank) }
        line.highestRank = 8
        line.append("f", rank: 3)
        line.append("g", rank: 10)
        #expect((0..<3).map { _ in line.next() } == ["c", "d", "f"])
        line.highestRank = nil
        #expect(all(&line) == ["a", "b", "e", "g"])
    }

    /// Against a plain array, which is searched each time.
    @Test func anyOrder() {
        var chance = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            var line = WaitingLine<Int>()
            var model: [(rank: Int, number: Int)] = []
            for number in 0..<200 {
                switch Int.random(in: 0..<10, using: &chance) {
                case 0..<5:
                    let rank = Int.random(in: 0..<20, using: &chance)
                    line.append(number, rank: rank)
                    model.append((rank, number))
                case 5: line.highestRank = Bool.random(using: &chance) ? nil : Int.random(in: 0..<20, using: &chance)
                default:
                    let bound = line.highestRank ?? -1
                    let preferred = model.filter { $0.rank <= bound }
                    let best = preferred.map(\.rank).max()
                    let next = preferred.first { $0.rank == best } ?? model.first
                    #expect(line.next() == next?.number)
                    model.removeAll { $0.number == next?.number }
                }
                #expect(line.count == model.count)
            }
        }
    }
}
