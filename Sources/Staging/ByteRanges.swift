/// Places in a file: ranges in order that neither overlap nor touch.
public struct ByteRanges: Sendable, Equatable {
    public private(set) var ranges: [Range<Int>]

    public init() {
        ranges = []
    }

    public init(_ range: Range<Int>) {
        ranges = range.isEmpty ? [] : [range]
    }

    public var isEmpty: Bool { ranges.isEmpty }
    public var count: Int { ranges.reduce(0) { $0 + $1.count } }
    public var end: Int { ranges.last?.upperBound ?? 0 }

    public mutating func insert(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        // Who writes in order only makes the last range longer.
        if let last = ranges.last, range.lowerBound >= last.lowerBound {
            guard range.lowerBound <= last.upperBound else { return ranges.append(range) }
            ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            return
        }
        // Those that overlap or touch become one.
        let first = firstIndex(endingAtOrBehind: range.lowerBound)
        var behind = first
        var joined = range
        while behind < ranges.count, ranges[behind].lowerBound <= range.upperBound {
            joined =
                min(joined.lowerBound, ranges[behind].lowerBound)..<max(joined.upperBound, ranges[behind].upperBound)
            behind += 1
        }
        ranges.replaceSubrange(first..<behind, with: CollectionOfOne(joined))
    }

    public mutating func insert(_ others: ByteRanges) {
        for range in others.ranges { insert(range) }
    }

    public mutating func remove(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let first = firstIndex(endingAtOrBehind: range.lowerBound + 1)
        var behind = first
        var rest: [Range<Int>] = []
        while behind < ranges.count, ranges[behind].lowerBound < range.upperBound {
            let old = ranges[behind]
            if old.lowerBound < range.lowerBound { rest.append(old.lowerBound..<range.lowerBound) }
            if old.upperBound > range.upperBound { rest.append(range.upperBound..<old.upperBound) }
            behind += 1
        }
        ranges.replaceSubrange(first..<behind, with: rest)
    }

    /// Everything from `end` on.
    public mutating func cut(at end: Int) {
        remove(end..<max(end, self.end))
    }

    /// What of these places is in a range.
    public func within(_ range: Range<Int>) -> ByteRanges {
        var found = ByteRanges()
        var index = firstIndex(endingAtOrBehind: range.lowerBound + 1)
        while index < ranges.count, ranges[index].lowerBound < range.upperBound {
            found.ranges.append(ranges[index].clamped(to: range))
            index += 1
        }
        return found
    }

    /// What of a range is none of these places.
    public func gaps(in range: Range<Int>) -> ByteRanges {
        var gaps = ByteRanges(range)
        for taken in within(range).ranges { gaps.remove(taken) }
        return gaps
    }

    public func intersection(_ others: ByteRanges) -> ByteRanges {
        var both = ByteRanges()
        for range in others.ranges { both.ranges += within(range).ranges }
        return both
    }

    public func subtracting(_ others: ByteRanges) -> ByteRanges {
        var rest = self
        for range in others.ranges { rest.remove(range) }
        return rest
    }

    public func contains(_ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return true }
        let index = firstIndex(endingAtOrBehind: range.lowerBound + 1)
        guard index < ranges.count else { return false }
        return ranges[index].lowerBound <= range.lowerBound && range.upperBound <= ranges[index].upperBound
    }

    public func overlaps(_ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return false }
        let index = firstIndex(endingAtOrBehind: range.lowerBound + 1)
        return index < ranges.count && ranges[index].lowerBound < range.upperBound
    }

    private func firstIndex(endingAtOrBehind place: Int) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
