import Checksums

/// Whether what has come of a file, in pieces and in any order, is as a whole what the store states of it: of a single piece nobody
/// can tell.
struct WholeCheck {
    enum Outcome {
        /// More is to come, or the store has not said yet what it has.
        case open
        case right
        case wrong(Checksum.Algorithm)
    }

    private enum Statement {
        case notAsked
        case asked
        case answered(Checksum)
    }

    /// Pieces that join, put together: a checksum for each algorithm.
    private struct Stretch {
        var range: Range<Int>
        var sums: [CombinedChecksum]

        mutating func append(_ next: Stretch) {
            for index in sums.indices { sums[index].append(next.sums[index].checksum, size: next.range.count) }
            range = range.lowerBound..<next.range.upperBound
        }
    }

    /// Those of which the store may state one; the one that it states, when that is known.
    private(set) var algorithms: [Checksum.Algorithm]
    private let size: Int
    private var statement = Statement.notAsked
    private var stretches: [Stretch] = []
    /// Pieces that have come and are being summed up.
    private(set) var summing = 0

    init(_ algorithms: [Checksum.Algorithm], size: Int) {
        self.algorithms = algorithms
        self.size = size
    }

    // MARK: Pieces

    mutating func begin() { summing += 1 }

    /// What `begin` announced. A piece that has come before counts once.
    mutating func add(_ range: Range<Int>, _ known: [Checksum]) {
        summing -= 1
        let sums = algorithms.compactMap { algorithm in known.first { $0.algorithm == algorithm } }
        guard !stretches.contains(where: { $0.range.overlaps(range) }), sums.count == algorithms.count else { return }
        var new = Stretch(range: range, sums: algorithms.compactMap(CombinedChecksum.init))
        for index in new.sums.indices { new.sums[index].append(sums[index], size: range.count) }
        let index = stretches.firstIndex { $0.range.lowerBound >= range.upperBound } ?? stretches.count
        if index < stretches.count, stretches[index].range.lowerBound == range.upperBound {
            new.append(stretches.remove(at: index))
        }
        if index > 0, stretches[index - 1].range.upperBound == range.lowerBound {
            stretches[index - 1].append(new)
        } else {
            stretches.insert(new, at: index)
        }
    }

    /// What has not come.
    var gaps: [Range<Int>] {
        var gaps: [Range<Int>] = []
        var position = 0
        for stretch in stretches {
            if stretch.range.lowerBound > position { gaps.append(position..<stretch.range.lowerBound) }
            position = stretch.range.upperBound
        }
        if position < size { gaps.append(position..<size) }
        return gaps
    }

    /// Somebody takes pieces here and there, so that nothing will come of it.
    var isHopeless: Bool { stretches.count > Self.mostStretches }
    /// More than one reader in order has on the way at once.
    private static let mostStretches = 64

    // MARK: What the store states

    /// True once, when half of the file is there: who wants only its beginning costs no request more.
    mutating func mustAsk() -> Bool {
        guard case .notAsked = statement, stretches.reduce(0, { $0 + $1.range.count }) >= size / 2 else { return false }
        statement = .asked
        return true
    }

    /// It is of one of the algorithms; nothing else needs to be summed up from now on.
    mutating func noteAnswer(_ checksum: Checksum) {
        statement = .answered(checksum)
        guard let index = algorithms.firstIndex(of: checksum.algorithm) else { return }
        algorithms = [checksum.algorithm]
        for place in stretches.indices { stretches[place].sums = [stretches[place].sums[index]] }
    }

    var outcome: Outcome {
        guard case .answered(let stated) = statement, let stretch = stretches.first, stretch.range == 0..<size else {
            return .open
        }
        return stretch.sums.first?.checksum == stated ? .right : .wrong(stated.algorithm)
    }
}
