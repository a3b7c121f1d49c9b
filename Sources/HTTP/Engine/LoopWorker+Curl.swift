import CCurl
import Platform

/// What curl and the loop tell each other.
extension LoopWorker {
    func installCallbacks() {
        let this = Unmanaged.passUnretained(self).toOpaque()
        _ = ccurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, this)
        _ = ccurl_multi_on_socket(multi) { easy, socket, what, this, _ in
            Transfer.of(easy: easy)?.socket = what == CURL_POLL_REMOVE ? -1 : socket
            let worker = Unmanaged<LoopWorker>.fromOpaque(this!).takeUnretainedValue()
            worker.sockets.watch(
                socket, forReading: what == CURL_POLL_IN || what == CURL_POLL_INOUT,
                forWriting: what == CURL_POLL_OUT || what == CURL_POLL_INOUT, worker.loop.poll)
            return 0
        }
        _ = ccurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, this)
        _ = ccurl_multi_on_timer(multi) { _, milliseconds, this in
            let worker = Unmanaged<LoopWorker>.fromOpaque(this!).takeUnretainedValue()
            worker.timerDue = milliseconds < 0 ? nil : MonotonicTime.milliseconds + milliseconds
            return 0
        }
    }

    func act(on event: EventPoll.Event) {
        guard sockets.isWanted(event.descriptor, loop.poll) else { return }
        var bits: Int32 = 0
        if event.isReadable { bits |= CURL_CSELECT_IN }
        if event.isWritable { bits |= CURL_CSELECT_OUT }
        if event.hasFailed { bits |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        curl_multi_socket_action(multi, event.descriptor, bits, &running)
    }

    func act(onTimer: Bool) {
        var running: Int32 = 0
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
    }

    func noteResolved() {
        guard !resolved.isEmpty else { return }
        for transfer in resolved where !transfer.isDone { queues.noteResolved(transfer, &ready) }
        resolved.removeAll()
    }

    func collectFinished() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = ccurl_result(message)
            guard let transfer = Transfer.of(easy: easy) else { continue }
            end(transfer, transfer.outcome(code))
        }
    }
}
