/// How far ahead of a reader to fetch, and in how large requests.
struct Lookahead: Equatable {
    /// Bytes ahead of what has been read.
    var window: Int
    /// Bytes of a request.
    var part: Int

    static let none = Lookahead(window: 0, part: 0)

    /// Who has read little in order gets as much more, so that half of what is fetched for a short burst is used. Who began at
    /// the beginning, or has come far already, will very likely go on, and gets four times as much.
    init(for run: ReadRuns.Run, most: Int, _ settings: ReadingSettings) {
        guard run.isStream else {
            self = .none
            return
        }
        let isTrusted = run.range.lowerBound == 0 || run.evidence >= Self.proof
        let wanted = isTrusted ? max(settings.firstPart, run.evidence) * 4 : run.evidence
        self.init(window: min(wanted, most, run.allowance), settings)
    }

    private init(window: Int, _ settings: ReadingSettings) {
        self.window = window
        let small = min(Self.powerOfTwo(upTo: window), settings.firstPart)
        part = max(small, min(Self.powerOfTwo(upTo: window / Self.requests), settings.largestPart))
    }

    private init(window: Int, part: Int) {
        self.window = window
        self.part = part
    }

    /// So many requests at once: what a connection cannot carry, several can.
    private static let requests = 32
    private static let proof = 4 << 20

    private static func powerOfTwo(upTo number: Int) -> Int {
        number < 1 ? 0 : 1 << (Int.bitWidth - 1 - number.leadingZeroBitCount)
    }
}
