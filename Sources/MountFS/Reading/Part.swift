/// A piece of a file that is fetched by one request. Changed under the lock of its file only, which is why it is unchecked.
final class Part: @unchecked Sendable {
    let range: Range<Int>
    let memory: BlockMemory
    /// How many bytes are there, from the first on.
    var received = 0
    var isComplete = false
    /// The file does not have it any more; what still comes is for nobody.
    var isGone = false
    /// Reads that need bytes which are not there yet.
    var waiting: [PendingRead] = []
    var task: Task<Void, Never>?

    init(_ range: Range<Int>, _ memory: BlockMemory) {
        self.range = range
        self.memory = memory
    }

    func has(_ wanted: Range<Int>) -> Bool { wanted.upperBound <= range.lowerBound + received }

    /// Takes out the reads that have all their bytes now.
    func takeReady() -> [PendingRead] {
        guard !waiting.isEmpty else { return [] }
        var ready: [PendingRead] = []
        waiting.removeAll { read in
            guard has(read.range.clamped(to: range)) else { return false }
            read.missing -= 1
            if read.missing == 0 {
                read.isSettled = true
                ready.append(read)
            }
            return true
        }
        return ready
    }
}

/// The parts of a file by their place in it; they never overlap.
struct PartList {
    private(set) var parts: [Part] = []

    /// Of the first part that ends behind the offset; the count when there is none.
    func index(endingAfter offset: Int) -> Int {
        var low = 0
        var high = parts.count
        while low < high {
            let middle = (low + high) / 2
            if parts[middle].range.upperBound > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Those that have bytes of the range.
    func overlapping(_ range: Range<Int>) -> ArraySlice<Part> {
        let first = index(endingAfter: range.lowerBound)
        var end = first
        while end < parts.count, parts[end].range.lowerBound < range.upperBound { end += 1 }
        return parts[first..<end]
    }

    /// What of the range is in no part.
    func gaps(in range: Range<Int>) -> [Range<Int>] {
        var gaps: [Range<Int>] = []
        var position = range.lowerBound
        for part in overlapping(range) {
            if part.range.lowerBound > position { gaps.append(position..<part.range.lowerBound) }
            position = part.range.upperBound
        }
        if position < range.upperBound { gaps.append(position..<range.upperBound) }
        return gaps
    }

    /// The first offset from this one on that is in no part, and where the next part begins.
    func room(from offset: Int, to end: Int) -> Range<Int> {
        var index = index(endingAfter: offset)
        var position = offset
        while index < parts.count, parts[index].range.lowerBound <= position {
            position = parts[index].range.upperBound
            index += 1
        }
        let next = index < parts.count ? parts[index].range.lowerBound : end
        return position < end ? position..<min(next, end) : end..<end
    }

    mutating func insert(_ part: Part) {
        parts.insert(part, at: index(endingAfter: part.range.lowerBound))
    }

    /// False when it is not here.
    @discardableResult
    mutating func remove(_ part: Part) -> Bool {
        let index = index(endingAfter: part.range.lowerBound)
        guard index < parts.count, parts[index] === part else { return false }
        parts.remove(at: index)
        return true
    }
}
