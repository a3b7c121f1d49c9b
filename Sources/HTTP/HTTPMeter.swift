import Synchronization

/// Counts the requests of one owner, such as a mount, and knows why some of them are made again and again.
public final class HTTPMeter: Sendable {
    private let sent = Atomic(0)
    private let repeated = Atomic(0)
    private let bytes = Atomic(0)
    private let given = Atomic(0)
    private let leastWait = Atomic(Int.max)
    private let isTroubled = Atomic(false)
    private let state = Mutex(State())

    private struct State {
        var trouble: String?
        var listener: (@Sendable (String) -> Void)?
        var countListener: (@Sendable () -> Void)?
    }

    public init() {}

    /// Requests that went out, repeated ones too.
    public var requests: Int { sent.load(ordering: .relaxed) }
    /// Those that were made again.
    public var retries: Int { repeated.load(ordering: .relaxed) }
    /// Bytes of bodies that came, also of those that were thrown away.
    public var received: Int { bytes.load(ordering: .relaxed) }

    /// Bytes of bodies that went out, also of those that had to be sent again.
    public var delivered: Int { given.load(ordering: .relaxed) }

    /// The least that an answer has taken until its first byte, in seconds: how far the service is, where it does not think long.
    public var distance: Double? {
        let least = leastWait.load(ordering: .relaxed)
        return least == .max ? nil : Double(least) / 1e6
    }

    func countRequest(isRetry: Bool) {
        sent.add(1, ordering: .relaxed)
        if isRetry { repeated.add(1, ordering: .relaxed) }
    }

    /// Of a request that goes out as a second one beside the first.
    func countRepetition() { repeated.add(1, ordering: .relaxed) }

    /// Of a request that has ended, well or not.
    func count(received: Int, sent: Int) {
        bytes.add(received, ordering: .relaxed)
        given.add(sent, ordering: .relaxed)
        state.withLock { $0.countListener }?()
    }

    /// Of an answer that has come.
    func note(_ timing: HTTPTiming?) {
        guard let timing else { return }
        leastWait.min(Int(max(0, timing.waiting) * 1e6), ordering: .relaxed)
    }

    /// Called when a request has ended, by the thread that has carried it.
    public func whenCounted(_ listener: @escaping @Sendable () -> Void) {
        state.withLock { $0.countListener = listener }
    }

    // MARK: Trouble

    /// What went wrong with a request that has failed several times and is made again; nothing when one has succeeded since.
    public var trouble: String? { state.withLock { $0.trouble } }

    /// Called with every such failure, by the thread that was told of it.
    public func whenTroubled(_ listener: @escaping @Sendable (String) -> Void) {
        state.withLock { $0.listener = listener }
    }

    func note(trouble: String) {
        let listener = state.withLock { state in
            state.trouble = trouble
            return state.listener
        }
        isTroubled.store(true, ordering: .releasing)
        listener?(trouble)
    }

    func noteSuccess() {
        guard isTroubled.load(ordering: .acquiring) else { return }
        isTroubled.store(false, ordering: .relaxed)
        state.withLock { $0.trouble = nil }
    }
}
