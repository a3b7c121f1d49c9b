import CCurl
import Platform

/// The inside of an event loop: one curl multi handle and everything that only its thread touches.
///
/// curl says which sockets it wants watched and when it wants to be called next; the loop waits for that, for the inbox,
/// and now and then looks for transfers that have stalled. Nothing here is ever called by another thread.
final class LoopWorker {
    let loop: EventLoop
    let settings: HTTPSettings
    let multi: UnsafeMutableRawPointer
    var queues: HostQueues
    /// All that have been claimed and are not done.
    var transfers: [ObjectIdentifier: Transfer] = [:]
    /// Those whose turn it is.
    var ready: [Transfer] = []
    var idleHandles: [EasyHandle] = []
    var sockets = WatchedSockets()
    /// For what is gathered before it is written, and what comes at once while another loop writes to the same file. Larger ones
    /// would push each other out of the processor's cache.
    let buffers = BufferPool(size: 320 * 1024, limit: 8)
    let batches: ReadBatchList
    /// Those that have reached their host, told in callbacks, in which curl must not be called.
    var resolved: [Transfer] = []
    /// When curl wants to be called though nothing came. It is asked for once, so it is forgotten before the call.
    var timerDue: Int?
    private var nextCheck = Int.max

    init(_ loop: EventLoop, _ settings: HTTPSettings) {
        self.loop = loop
        self.settings = settings
        guard let multi = curl_multi_init() else { preconditionFailure("out of memory") }
        self.multi = multi
        batches = ReadBatchList(BufferPool(size: 256 * 1024, limit: 32))
        let share = (settings.connectionsPerHost + max(1, settings.loops) - 1) / max(1, settings.loops)
        queues = HostQueues(limit: share)
        // Connections stay open for the next request, as many as can have been in use.
        _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, max(16, 2 * share))
        _ = ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        installCallbacks()
    }

    deinit {
        idleHandles.removeAll()
        curl_multi_cleanup(multi)
    }

    func run() {
        loop.poll.watch(loop.wakeUp.descriptor, forReading: true)
        while readInbox() {
            loop.poll.wait(milliseconds: patience()) { event in
                if event.descriptor == loop.wakeUp.descriptor {
                    loop.wakeUp.clear()
                } else {
                    act(on: event)
                    // At once, while the bytes are in the processor's cache.
                    drainBatches()
                }
            }
            let now = MonotonicTime.milliseconds
            if let due = timerDue, due <= now {
                timerDue = nil
                act(onTimer: true)
            }
            drainBatches()
            collectFinished()
            noteResolved()
            beginReady()
            if nextCheck <= now { checkProgress(now) }
        }
        for transfer in Array(transfers.values) {
            end(transfer, .failed(HTTPError(.cancelled, "the client was closed")))
        }
    }

    /// False when the loop has been closed.
    private func readInbox() -> Bool {
        let inbox = loop.empty()
        for exchange in inbox.starting { take(exchange) }
        for exchange in inbox.cancelled { cancel(exchange) }
        beginReady()
        return !inbox.isClosed
    }

    private func drainBatches() {
        batches.drain { act(on: EventPoll.Event(descriptor: $0, isReadable: true)) }
    }

    private func patience() -> Int? {
        if transfers.isEmpty { nextCheck = .max } else if nextCheck == .max { scheduleCheck() }
        let next = min(timerDue ?? .max, nextCheck)
        return next == .max ? nil : next - MonotonicTime.milliseconds
    }

    private func scheduleCheck() {
        nextCheck = MonotonicTime.milliseconds + min(1000, max(5, settings.stallMilliseconds / 8))
    }

    private func checkProgress(_ now: Int) {
        scheduleCheck()
        for transfer in Array(transfers.values) {
            if let stall = transfer.stall(at: now, settings) { end(transfer, stall) }
        }
    }
}
