import CCurl
import Synchronization

/// The life of a transfer: claimed, waiting for a connection's turn, running, ended.
extension LoopWorker {
    func take(_ exchange: Exchange) {
        let transfer = Transfer(exchange, self)
        transfers[ObjectIdentifier(exchange)] = transfer
        if exchange.isCancelled {
            end(transfer, .failed(Self.cancellation, nothingSent: true))
        } else {
            queues.enter(transfer, &ready)
        }
    }

    /// Begins those whose turn has come; one that fails at once may bring up the next.
    func beginReady() {
        while !ready.isEmpty {
            let turn = ready
            ready.removeAll()
            for transfer in turn { if transfer.isDone { pass(transfer) } else { begin(transfer) } }
        }
    }

    func cancel(_ exchange: Exchange) {
        // Unknown are those that have ended and those that are still to come, which find out by themselves.
        guard let transfer = transfers[ObjectIdentifier(exchange)] else { return }
        end(transfer, .failed(Self.cancellation, nothingSent: !transfer.isRunning))
    }

    private func begin(_ transfer: Transfer) {
        transfer.isRunning = true
        do throws(HTTPError) {
            guard let handle = idleHandles.popLast() ?? EasyHandle() else {
                throw HTTPError(.exhausted, "no memory for a request")
            }
            transfer.handle = handle
            try handle.prepare(for: transfer, settings)
            guard curl_multi_add_handle(multi, handle.raw) == CURLM_OK else {
                throw HTTPError(.exhausted, "no memory for a request")
            }
            handle.isAdded = true
        } catch {
            end(transfer, .failed(error, nothingSent: true))
        }
    }

    /// Takes everything from the transfer before its task goes on.
    func end(_ transfer: Transfer, _ attempt: Attempt) {
        guard !transfer.isDone else { return }
        transfer.isDone = true
        transfers[ObjectIdentifier(transfer.exchange)] = nil
        if let handle = transfer.handle {
            transfer.handle = nil
            if handle.isAdded { curl_multi_remove_handle(multi, handle.raw) }
            // After a failure some of curl's buffers stay with the handle, in the size that they had.
            if case .success = attempt.result, idleHandles.count < settings.connectionsPerHost {
                handle.release()
                idleHandles.append(handle)
            }
        }
        loop.load.subtract(1, ordering: .relaxed)
        let wasRunning = transfer.isRunning
        transfer.finish(attempt)
        if wasRunning { pass(transfer) }
    }

    /// Gives its place to the next in line.
    private func pass(_ transfer: Transfer) {
        queues.leave(transfer, &ready)
    }

    private static let cancellation = HTTPError(.cancelled, "the request was cancelled")
}
