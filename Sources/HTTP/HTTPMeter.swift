import Synchronization

/// Counts the requests of one owner, such as a mount.
public final class HTTPMeter: Sendable {
    private let sent = Atomic(0)
    private let repeated = Atomic(0)
    private let bytes = Atomic(0)

    public init() {}

    /// Requests that went out, repeated ones too.
    public var requests: Int { sent.load(ordering: .relaxed) }
    /// Those that were made again.
    public var retries: Int { repeated.load(ordering: .relaxed) }
    /// Bytes of bodies that came, also of those that were thrown away.
    public var received: Int { bytes.load(ordering: .relaxed) }

    func countRequest(isRetry: Bool) {
        sent.add(1, ordering: .relaxed)
        if isRetry { repeated.add(1, ordering: .relaxed) }
    }

    /// Of a request that goes out as a second one beside the first.
    func countRepetition() { repeated.add(1, ordering: .relaxed) }

    func count(received count: Int) { bytes.add(count, ordering: .relaxed) }
}
