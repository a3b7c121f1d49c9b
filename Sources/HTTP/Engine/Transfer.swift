import CCurl
import Checksums
import Platform

/// One attempt on its loop's thread: what has been sent, what has come, and where it goes. No other thread touches it.
final class Transfer {
    let exchange: Exchange
    private(set) var request: HTTPRequest
    private let continuation: Exchange.Continuation
    let hostKey: String
    unowned let worker: LoopWorker
    let proxy: Proxies.Proxy?
    /// Whether it asks for its host's addresses though they are known.
    var looksUpAnew = false
    /// Whether others wait until it has found the host.
    var leadsTheWay = false

    var handle: EasyHandle?
    /// The connection's, as curl last told.
    var socket: Int32 = -1
    var isRunning = false
    var isDone = false

    /// What we found wrong ourselves. curl's own word is then only that a callback stopped it.
    var failure: HTTPError?
    /// We stopped it because we had what we wanted.
    private(set) var hasEnough = false
    private(set) var head: HTTPHead?
    private(set) var expected = 0
    /// Of the whole body, as far as the server says it.
    private(set) var length: Int?
    var writer: SinkWriter?
    private(set) var kept: [UInt8] = []
    private(set) var received = 0
    /// How much of the body curl has been given.
    var given = 0
    /// How often it was sent, by curl's own decision too.
    var sendings = 0

    private var reader = HeadReader()
    private var watch = ProgressWatch(MonotonicTime.milliseconds)

    static let keptLimit = 64 * 1024

    init(_ exchange: Exchange, _ worker: LoopWorker) {
        self.exchange = exchange
        (request, continuation) = exchange.claim()
        self.worker = worker
        proxy = request.usesProxy ? worker.settings.proxies.proxy(for: request.address) : nil
        hostKey = request.address.hostKey
    }

    /// Lets go of sink and body, then of the task.
    func finish(_ attempt: Attempt) {
        request.meter?.count(received: received, sent: given)
        if case .success(let response) = attempt.result { request.meter?.note(response.timing) }
        writer = nil
        request.sink = .bytes(limit: 0)
        request.body = nil
        request.accept = nil
        var attempt = attempt
        attempt.resent = max(0, sendings - 1)
        continuation.resume(returning: attempt)
    }

    // MARK: What comes

    func takeHead(_ line: UnsafeRawBufferPointer) throws(HTTPError) {
        switch try reader.take(line) {
        case .more: break
        case .anew:
            head = nil
            writer = nil
            kept = []
        case .complete(let head):
            self.head = head
            try receive(head)
        }
    }

    private func receive(_ head: HTTPHead) throws(HTTPError) {
        length = head.headers["Content-Length"].flatMap { Int($0) }
        let usual = head.isSuccess ? HTTPRequest.Acceptance.sink() : .keep
        switch request.accept?(head) ?? usual {
        case .sink(let skip, let limit, let expected):
            self.expected = request.method == .head ? 0 : expected ?? 0
            writer = try SinkWriter(request, skip: skip, limit: limit, announced: length, worker.buffers)
            if length ?? 0 >= HTTPRequest.largeBody { batchReads() }
        case .keep: break
        case .refuse(let error): throw error
        }
    }

    /// Large bodies over TLS are read in large pieces.
    private func batchReads() {
        guard request.address.isSecure, worker.settings.batchesLargeReads, SystemAuthorities.areUsable, socket >= 0,
            let session = handle?.tlsSession
        else { return }
        // The connection may have one already, from the request before.
        ReadBatch.find(under: session, worker.batches)?.socket = socket
    }

    /// Whether more is wanted.
    func takeBody(_ chunk: UnsafeRawBufferPointer) throws(HTTPError) -> Bool {
        received += chunk.count
        if writer == nil {
            kept += chunk.prefix(Self.keptLimit - kept.count)
            // A short rest is read for the connection's sake.
            hasEnough = kept.count == Self.keptLimit && (length ?? .max) > 4 * Self.keptLimit
        } else {
            hasEnough = try writer?.take(chunk) == .enough && received != length
        }
        return !hasEnough
    }

    // MARK: Whether it comes

    /// The host's addresses are known, or a connection was there already.
    func noteReached() { if leadsTheWay { worker.resolved.append(self) } }

    func stall(at now: Int, _ settings: HTTPSettings) -> Attempt? {
        guard let handle else { return nil }
        let moved = received + handle.offset(CURLINFO_SIZE_UPLOAD_T) + handle.long(CURLINFO_HEADER_SIZE)
        // Until the request goes out, the time to connect is curl's to watch.
        guard handle.offset(CURLINFO_PRETRANSFER_TIME_T) > 0 else {
            watch.restart(now, moved: moved)
            return nil
        }
        var patience = settings.stallMilliseconds
        var enough = settings.stallBytesPerSecond * settings.stallMilliseconds / 1000
        if head == nil || request.answerMayTrickle, given == request.body?.count ?? 0 {
            patience = max(patience, request.answerMilliseconds ?? 0)
            if request.answerMayTrickle { enough = 1 }
        }
        guard watch.hasStalled(now, moved: moved, enough: enough, within: patience) else { return nil }
        return failed(.stalled, "next to nothing came for \(TimeSpan(milliseconds: patience))")
    }
}
