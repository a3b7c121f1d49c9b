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

    /// No limit means for as long as that takes.
    func wait(milliseconds: Int?) {
        _ = DescriptorWait.untilReadable(done.descriptor, milliseconds: milliseconds)
    }
}
