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
        window = min(wanted, most, run.allowance)
        // Of a large window each request is as large as pays. On the way there are as many as there will be then.
        let requests = min(Self.mostRequests, max(Self.fewestRequests, most / Self.cheapPart))
        let small = min(Self.powerOfTwo(upTo: window), settings.firstPart)
        part = max(small, min(Self.powerOfTwo(upTo: window / requests), settings.largestPart))
    }

    private init(window: Int, part: Int) {
        self.window = window
        self.part = part
    }

    /// So many requests at once: what a connection cannot carry, several can.
    private static let fewestRequests = 8
    private static let mostRequests = 32
    /// What a request costs of its own is little beside so many bytes. Requests of 1 MiB make reading a fifth slower.
    private static let cheapPart = 4 << 20
    private static let proof = 4 << 20

    private static func powerOfTwo(upTo number: Int) -> Int {
        number < 1 ? 0 : 1 << (Int.bitWidth - 1 - number.leadingZeroBitCount)
    }
}
