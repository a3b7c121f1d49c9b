import HTTP
import Synchronization

/// How many parts of a large object one request asks for: one, where the store is near, and more where requests wait long for
/// their first byte compared with how long their bytes then take. A place that waits moves nothing.
final class PartLength: Sendable {
    /// What requests took, the last of them most of all, in seconds.
    private struct Times {
        var count = 0
        var waiting = 0.0
        /// Of one part.
        var receiving = 0.0

        mutating func note(_ timing: HTTPTiming, parts: Double) {
            count += 1
            let share = 1 / Double(min(count, PartLength.remembered))
            waiting += (timing.waiting - waiting) * share
            receiving += (timing.receiving / parts - receiving) * share
        }
    }

    private let times = Mutex(Times())

    /// A request that is broken off begins anew, and so does who is killed: that shall not cost more than so many.
    static let most = 4
    /// With fewer nothing is known yet.
    static let telling = 8
    private static let remembered = 16
    /// So much of a request's time may be spent waiting.
    private static let bearable = 0.1
    /// What waits less is slow for other reasons, such as processors that are busy.
    static let far = 0.01

    /// A request for so many parts has been answered.
    func note(_ timing: HTTPTiming, parts: Double) {
        times.withLock { $0.note(timing, parts: parts) }
    }

    /// For the next request.
    var next: Int {
        let times = times.withLock { $0 }
        guard times.count >= Self.telling, times.waiting >= Self.far else { return 1 }
        let wanted = times.waiting * (1 / Self.bearable - 1) / max(times.receiving, 1e-6)
        return max(1, min(Int(wanted.rounded(.up)), Self.most))
    }
}
