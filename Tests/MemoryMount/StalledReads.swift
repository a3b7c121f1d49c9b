import Platform
import Synchronization

/// Answers that come late, from a thread of their own.
final class StalledReads: Sendable {
    private let answers = Mutex<[(due: Int, answer: @Sendable () -> Void)]>([])
    private let milliseconds: Int

    init(milliseconds: Int) {
        self.milliseconds = milliseconds
        _ = MaskedThread.start(named: "stalled") { [self] in
            while true {
                Threads.sleep(milliseconds: 5)
                let now = MonotonicTime.milliseconds
                let due = answers.withLock { answers in
                    let due = answers.filter { $0.due <= now }
                    answers.removeAll { $0.due <= now }
                    return due
                }
                for due in due { due.answer() }
            }
        }
    }

    func add(_ answer: @escaping @Sendable () -> Void) {
        answers.withLock { $0.append((MonotonicTime.milliseconds + milliseconds, answer)) }
    }
}
