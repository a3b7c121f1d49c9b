import Platform
import Synchronization

/// Somebody of ours who waits for an answer.
final class Answered<Answer: Sendable>: PendingRequest {
    private let continuation: Mutex<CheckedContinuation<Result<Answer, SystemError>, Never>?>

    private init(_ continuation: CheckedContinuation<Result<Answer, SystemError>, Never>) {
        self.continuation = Mutex(continuation)
    }

    deinit { settle(.failure(.ioError)) }

    static func wait(_ body: (Reply<Answer>) -> Void) async throws(SystemError) -> Answer {
        let result = await withCheckedContinuation { continuation in
            let request = Answered(continuation)
            body(Reply(to: request) { request.settle(.success($0)) })
        }
        return try result.get()
    }

    func fail(_ error: SystemError) -> Bool { settle(.failure(error)) }
    func whenAbandoned(_ handler: @escaping @Sendable () -> Void) {}

    @discardableResult
    private func settle(_ result: Result<Answer, SystemError>) -> Bool {
        let waiting = continuation.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        waiting?.resume(returning: result)
        return waiting != nil
    }
}
