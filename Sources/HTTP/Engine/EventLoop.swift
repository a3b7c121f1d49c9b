import Platform
import Synchronization

/// A thread that drives transfers, seen from other threads: they leave exchanges to start and to cancel in its inbox and
/// wake it.
final class EventLoop: Sendable {
    struct Inbox {
        var starting: [Exchange] = []
        var cancelled: [Exchange] = []
        var isClosed = false

        fileprivate var isEmpty: Bool { starting.isEmpty && cancelled.isEmpty }
    }

    let wakeUp: WakeUp
    let poll: EventPoll
    private let inbox = Mutex(Inbox())
    private let thread = Mutex<MaskedThread?>(nil)
    /// Exchanges that are not at their end, to find the loop with the least work.
    let load = Atomic(0)

    /// Starts the thread.
    init(_ settings: HTTPSettings) throws(HTTPError) {
        do throws(SystemError) {
            wakeUp = try WakeUp()
            poll = try EventPoll()
        } catch {
            throw Self.noLoop(error.description, error.code)
        }
        let hasStarted = thread.withLock { thread in
            thread = MaskedThread.start(named: "http loop") { LoopWorker(self, settings).run() }
            return thread != nil
        }
        guard hasStarted else { throw Self.noLoop("no thread to be had") }
    }

    func start(_ exchange: Exchange) {
        load.add(1, ordering: .relaxed)
        leave { $0.starting.append(exchange) }
    }

    func cancel(_ exchange: Exchange) {
        leave { $0.cancelled.append(exchange) }
    }

    /// Ends all exchanges and then the thread, and waits for that.
    func close() {
        leave { $0.isClosed = true }
        thread.withLock { $0.take() }?.join()
    }

    /// For the thread: what has been left since, or what is left for ever once the inbox is closed.
    func empty() -> Inbox {
        inbox.withLock { inbox in
            defer {
                inbox.starting.removeAll()
                inbox.cancelled.removeAll()
            }
            return inbox
        }
    }

    private func leave(_ change: (inout Inbox) -> Void) {
        let wasEmpty = inbox.withLock { inbox in
            defer { change(&inbox) }
            return inbox.isEmpty
        }
        // Otherwise the thread has been woken and has not looked yet.
        if wasEmpty { wakeUp.signal() }
    }

    private static func noLoop(_ why: String, _ errno: Int32? = nil) -> HTTPError {
        HTTPError(.exhausted, "cannot start a thread for requests: \(why)", errno: errno)
    }
}
