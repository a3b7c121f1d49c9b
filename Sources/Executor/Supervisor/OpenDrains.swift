import Platform
import Synchronization

/// Drains that go on side by side, for a thread that waits for all of them.
final class OpenDrains: Sendable {
    private let count: Mutex<Int>
    private let done: WakeUp

    init(_ count: Int) throws(SystemError) {
        self.count = Mutex(count)
        done = try WakeUp()
        if count == 0 { done.signal() }
    }

    /// One of them has come as far as it can.
    func end() {
        let isLast = count.withLock { count in
            count -= 1
            return count == 0
        }
        if isLast { done.signal() }
    }

    /// False when the time is over, or nobody waits any more, before that.
    func wait(_ deadline: Deadline, unless isGivenUp: () -> Bool) -> Bool {
        var hasEnded = false
        _ = deadline.wait { milliseconds in
            hasEnded = DescriptorWait.untilReadable(done.descriptor, milliseconds: milliseconds)
            return hasEnded || isGivenUp()
        }
        return hasEnded
    }
}
