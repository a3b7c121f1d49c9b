import Synchronization

/// The seam between the task that waits for an attempt and the loop that makes it.
///
/// The loop claims the request once and resumes the task once; from then on it holds nothing of the request. A
/// cancellation only asks: the task is resumed when the loop has let go of sink and body.
final class Exchange: Sendable {
    typealias Continuation = UnsafeContinuation<Attempt, Never>

    private struct Order {
        var request: HTTPRequest
        var continuation: Continuation
    }

    private let order = Mutex<Order?>(nil)
    private let cancelled = Atomic(false)
    private let loop: EventLoop

    init(on loop: EventLoop) {
        self.loop = loop
    }

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    func run(_ request: HTTPRequest) async -> Attempt {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                order.withLock { $0 = Order(request: request, continuation: continuation) }
                loop.start(self)
            }
        } onCancel: {
            cancelled.store(true, ordering: .releasing)
            loop.cancel(self)
        }
    }

    /// For the loop, once.
    func claim() -> (HTTPRequest, Continuation) {
        let claimed = order.withLock { order in
            defer { order = nil }
            return order
        }
        guard let claimed else { preconditionFailure("an exchange is claimed once") }
        return (claimed.request, claimed.continuation)
    }
}
