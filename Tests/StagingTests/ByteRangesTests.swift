import Staging
import TestSupport
import Testing

@Suite struct ByteRangesTests {
    /// Against a set of places, one by one.
    @Test(arguments: 0..<200) func actsLikeASetOfPlaces(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        var (ranges, model) = (ByteRanges(), Set<Int>())
        for _ in 0..<60 {
            let range = Self.range(&generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0...2:
                ranges.insert(range)
                model.formUnion(range)
            case 3:
                ranges.remove(range)
                model.subtract(range)
            default:
                ranges.cut(at: range.lowerBound)
                model = model.filter { $0 < range.lowerBound }
            }
            #expect(Self.places(ranges) == model)
            #expect(zip(ranges.ranges, ranges.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
            #expect(ranges.count == model.count && ranges.end == (model.max().map { $0 + 1 } ?? 0))
            let other = Self.range(&generator)
            #expect(Self.places(ranges.within(other)) == model.intersection(other))
            #expect(Self.places(ranges.gaps(in: other)) == Set(other).subtracting(model))
            #expect(ranges.contains(other) == model.isSuperset(of: other))
            #expect(ranges.overlaps(other) == !model.isDisjoint(with: other))
            var others = ByteRanges(other)
            others.insert(Self.range(&generator))
            #expect(Self.places(ranges.intersection(others)) == model.intersection(Self.places(others)))
            #expect(Self.places(ranges.subtracting(others)) == model.subtracting(Self.places(others)))
        }
    }

    private static func range(_ generator: inout SeededGenerator) -> Range<Int> {
        let start = Int.random(in: 0..<50, using: &generator)
        return start..<start + Int.random(in: 0..<12, using: &generator)
    }

    private static func places(_ ranges: ByteRanges) -> Set<Int> { Set(ranges.ranges.flatMap { Array($0) }) }
}
