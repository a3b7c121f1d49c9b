/// What one handle has read lately, as runs of bytes that joined: a run that grows at its end is somebody reading in order,
/// and there may be several of them in one file. Requests of one reader arrive out of order, since the kernel sends several
/// at once; so a run is also what a gap between two of them leaves when it is filled.
struct ReadRuns {
    struct Run: Equatable {
        var range: Range<Int>
        /// Bytes that came in order. Those before the beginning, as of who reads backwards, prove nothing.
        var evidence: Int
        /// How often it went on at its end.
        var steps = 0
        /// How far has been fetched ahead.
        var issued = 0
        /// How far ahead memory has allowed lately.
        var allowance = Int.max
        /// When it was read first and last, in reads of the whole mount.
        var began = 0
        var tick = 0
        /// When its end was read, which a late read before that does not change.
        var reached = 0

        /// Somebody reads in order. Among many random reads two often meet by chance.
        var isStream: Bool { steps > 1 && !mayBeTouch }

        /// Who touches one place of mapped memory has the kernel ask for all that it reads ahead, around that place, in requests as
        /// large as they can be.
        private var mayBeTouch: Bool {
            range.lowerBound > 0 && evidence <= Self.touch && evidence >= (steps + 1) * Self.largeRequest
        }

        private static let touch = 4 << 20
        private static let largeRequest = 768 << 10

        /// Begun by who will very likely go on.
        mutating func trust() { steps += 2 }
    }

    /// What a read has made of the runs; the one that it belongs to is the first now.
    struct Change: Equatable {
        /// Two have become one, so that parts which no read has ended in may have been passed.
        var hasMerged = false
        /// A stream has been forgotten.
        var hasEnded = false
    }

    private(set) var runs: [Run] = []

    static let limit = 32

    mutating func note(_ range: Range<Int>, tick: Int) -> Change {
        var change = Change()
        // Since when the run has not gone on.
        var stoodSince = Int.max
        if let index = runs.firstIndex(where: { $0.isContinued(by: range) }) {
            moveToFront(index)
            stoodSince = runs[0].reached
            runs[0].reached = tick
            runs[0].evidence += range.upperBound - runs[0].range.upperBound
            runs[0].steps += 1
            runs[0].range = runs[0].range.lowerBound..<range.upperBound
        } else if let index = runs.firstIndex(where: { $0.isPreceded(by: range) }) {
            moveToFront(index)
            runs[0].range = range.lowerBound..<runs[0].range.upperBound
        } else {
            if runs.count == Self.limit { change.hasEnded = runs.removeLast().isStream }
            runs.insert(Run(range: range, evidence: range.count, began: tick, reached: tick), at: 0)
        }
        // What came too early waits behind the end.
        while let next = runs.dropFirst().firstIndex(where: { runs[0].reaches($0, stoodSince: stoodSince) }) {
            let later = runs.remove(at: next)
            runs[0].range = runs[0].range.lowerBound..<later.range.upperBound
            runs[0].evidence += later.evidence
            runs[0].steps += later.steps + 1
            runs[0].issued = max(runs[0].issued, later.issued)
            runs[0].reached = later.reached
            stoodSince = later.reached
            change.hasMerged = true
        }
        runs[0].tick = tick
        return change
    }

    /// Notes something about the run that was read last.
    mutating func update(_ change: (inout Run) -> Void) { change(&runs[0]) }

    /// What was fetched ahead from here on is gone.
    mutating func forgetIssued(from offset: Int) {
        for index in runs.indices where runs[index].issued > offset && runs[index].range.upperBound <= offset {
            runs[index].issued = offset
        }
    }

    private mutating func moveToFront(_ index: Int) {
        if index > 0 { runs.insert(runs.remove(at: index), at: 0) }
    }
}

extension ReadRuns.Run {
    /// A long run is somebody else, or the same reader the last time; but not if this one has stood still for as long as the other
    /// has been going: then one request came late, on a machine that has much to do.
    fileprivate func reaches(_ other: ReadRuns.Run, stoodSince: Int) -> Bool {
        guard other.range.lowerBound > range.lowerBound, isContinued(by: other.range) else { return false }
        return other.evidence <= Self.early || other.began > stoodSince - Self.atOnce
    }

    /// How many bytes come too early at most.
    private static let early = 16 << 20
    /// So many requests may be taken apart at the same time.
    private static let atOnce = 16

    fileprivate func isContinued(by other: Range<Int>) -> Bool {
        range.lowerBound <= other.lowerBound && other.lowerBound <= range.upperBound
            && other.upperBound > range.upperBound
    }

    fileprivate func isPreceded(by other: Range<Int>) -> Bool {
        other.lowerBound < range.lowerBound && range.lowerBound <= other.upperBound
            && other.upperBound <= range.upperBound
    }
}
