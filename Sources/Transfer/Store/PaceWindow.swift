import Platform

/// What requests did while so many of them were under way at once.
struct PaceWindow {
    /// How long requests took that moved about as much.
    private struct Times {
        var count = 0
        var seconds = 0.0
    }

    let limit: Int
    let start: PaceMoment
    /// Nothing else that happened on the machine has made these requests slow.
    var wasLight = false
    /// All that ended, and those whose time counts.
    private(set) var ended = 0
    private(set) var measured = 0
    /// By the number of bits in the number of bytes.
    private var times = [Times](repeating: Times(), count: Int.bitWidth)

    /// With fewer requests of like sizes two windows cannot be compared.
    static let telling = 8

    init(limit: Int, start: PaceMoment) {
        self.limit = limit
        self.start = start
    }

    mutating func countEnded() { ended += 1 }

    mutating func measure(bytes: Int, seconds: Double) {
        measured += 1
        let size = Int.bitWidth - max(1, bytes).leadingZeroBitCount
        times[size].count += 1
        times[size].seconds += seconds
    }

    /// How much more is done in the same time than in the other window: twice as many requests that take as long each do
    /// twice as much, and no more than before if each takes twice as long. Like is compared with like, since in a bucket
    /// large objects may follow small ones; nothing when there was too little of it.
    func gain(over other: PaceWindow) -> Double? {
        var common = (here: 0, there: 0)
        var (took, wouldHaveTaken) = (0.0, 0.0)
        for (here, there) in zip(times, other.times) where here.count > 0 && there.count > 0 {
            common.here += here.count
            common.there += there.count
            took += here.seconds
            wouldHaveTaken += Double(here.count) * there.seconds / Double(there.count)
        }
        guard min(common.here, common.there) >= Self.telling, took > 0 else { return nil }
        return Double(limit) / Double(other.limit) * wouldHaveTaken / took
    }
}

/// A moment by two clocks.
struct PaceMoment {
    /// Seconds since some beginning.
    var time: Double
    /// What this process has had of the processors until then.
    var processors: ProcessorTime
}
