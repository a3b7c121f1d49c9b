import HTTP
import Platform

/// What the service does in its own time.
extension GCSStore {
    private static var pauses: ClosedRange<Int> { 50...5000 }
    /// Longer than anybody waits for an answer.
    private static var patience: Int { 600_000 }

    /// The answer that began it is a success.
    func waitForOperation(begunBy response: HTTPResponse, _ task: String) async throws(StoreError) {
        try await waitForOperation(try operation(response, task), task)
    }

    /// Returns when it is done; throws why it has failed.
    func waitForOperation(_ operation: GCSOperation, _ task: String) async throws(StoreError) {
        var operation = operation
        var pause = Self.pauses.lowerBound
        let end = MonotonicTime.milliseconds + Self.patience
        while !operation.isDone {
            guard MonotonicTime.milliseconds < end else {
                let time = TimeSpan(milliseconds: Self.patience)
                throw StoreError(
                    .unreachable, "\(task): after \(time) the service is not done with it, and goes on with it",
                    isRetryable: false)
            }
            await AlarmClock.shared.pause(milliseconds: pause)
            guard !Task.isCancelled else {
                throw StoreError(.cancelled, "\(task): cancelled; the service goes on with it")
            }
            pause = min(pause * 2, Self.pauses.upperBound)
            operation = try self.operation(
                try await send(request(.get, site.operation(operation.id)), task), task)
        }
        if let failure = operation.failure {
            throw GCSFailure.error(failure, task, bucket: site.bucket, identity: service.identity)
        }
    }

    private func operation(_ response: HTTPResponse, _ task: String) throws(StoreError) -> GCSOperation {
        guard let operation = GCSOperation(try document(response, task)) else {
            throw odd("it does not describe an operation", response, task)
        }
        return operation
    }
}
