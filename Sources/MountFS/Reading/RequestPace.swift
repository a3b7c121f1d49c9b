import Glibc
import Synchronization

/// How long a request takes that has the store for itself, and so how far ahead of a reader it is worth to fetch. Where answers
/// come at once, a large window only turns memory over that the processor's cache does not hold any more.
final class RequestPace: Sendable {
    private let underWay = Atomic(0)
    /// In microseconds; 0 before the first.
    private let alone = Atomic(0)

    /// The largest window that makes reading faster: what would come within a request's time at this speed, shared by so many
    /// readers.
    func window(most: Int, among readers: Int = 1) -> Int {
        let alone = alone.load(ordering: .relaxed)
        let useful = alone == 0 ? most : min(most, alone * Self.bytesPerMicrosecond)
        return min(most, max(Self.least, useful / max(1, readers)))
    }

    /// How many are under way.
    var load: Int { underWay.load(ordering: .relaxed) }

    func measure(_ count: Int, _ request: () async -> Bool) async {
        let isAlone = underWay.add(1, ordering: .relaxed).oldValue == 0 && count >= Self.telling
        let begin = isAlone ? Self.now : 0
        let isGood = await request()
        underWay.subtract(1, ordering: .relaxed)
        if isAlone && isGood { note(max(1, Self.now - begin)) }
    }

    /// A busy machine makes requests slow now and then, so that a short time says more than a long one.
    private func note(_ time: Int) {
        let known = alone.load(ordering: .relaxed)
        alone.store(known == 0 || time < known ? time : known + (time - known) / 8, ordering: .relaxed)
    }

    /// Less says nothing of how fast a connection is.
    private static let telling = 512 << 10
    private static let least = 32 << 20
    private static let bytesPerMicrosecond = 4 << 10

    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }
}
