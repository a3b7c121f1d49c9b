import Platform
import Synchronization

/// By when something is to be done; without a limit it may take as long as it does.
final class Deadline: Sendable {
    /// So long after it was brought forward it is noticed.
    private static let step = 100

    private let end: Mutex<Int?>

    init(_ milliseconds: Int?) {
        end = Mutex(milliseconds.map { MonotonicTime.milliseconds + $0 })
    }

    /// Milliseconds.
    var left: Int? { end.withLock { $0 }.map { max(0, $0 - MonotonicTime.milliseconds) } }

    /// It comes in so many milliseconds, unless it comes before.
    func bringForward(milliseconds: Int) {
        let new = MonotonicTime.milliseconds + milliseconds
        end.withLock { $0 = min($0 ?? new, new) }
    }

    /// Waits for what `isDone` waits for, which may take so many milliseconds. False when the time is over.
    func wait(_ isDone: (Int) -> Bool) -> Bool {
        while true {
            let left = left
            if isDone(min(left ?? Self.step, Self.step)) { return true }
            if left == 0 { return false }
        }
    }
}
