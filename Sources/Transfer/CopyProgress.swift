import Synchronization

/// How far a copy is, for whoever watches it from another thread, and the way to stop it or whatever else is under way
/// for a mount.
public final class CopyProgress: Sendable {
    private let done = Atomic(0)
    private let skipped = Atomic(0)
    private let bytes = Atomic(0)
    private let cancelled = Atomic(false)
    private let ends = Mutex<[@Sendable () -> Void]>([])

    public init() {}

    public var objectsDone: Int { done.load(ordering: .relaxed) }
    /// What was in place already.
    public var objectsSkipped: Int { skipped.load(ordering: .relaxed) }
    public var bytesDone: Int { bytes.load(ordering: .relaxed) }

    /// Asks the copy to end soon; what is in place stays.
    public func cancel() {
        cancelled.store(true, ordering: .sequentiallyConsistent)
        for end in ends.withLock({ $0 }) { end() }
    }

    /// Called when the copy is asked to end, at once if it has been already.
    public func whenCancelled(_ end: @escaping @Sendable () -> Void) {
        ends.withLock { $0.append(end) }
        if isCancelled { end() }
    }

    public var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    func countDone() { done.add(1, ordering: .relaxed) }
    func countSkipped() { skipped.add(1, ordering: .relaxed) }
    func count(bytes count: Int) { bytes.add(count, ordering: .relaxed) }
}
