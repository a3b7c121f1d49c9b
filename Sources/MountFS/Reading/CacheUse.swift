import Synchronization

/// Counts the reads that a cache on disk has answered, and those for which it had to ask the store.
public final class CacheUse: Sendable {
    private let hitCount = Atomic(0)
    private let missCount = Atomic(0)
    private let listener = Mutex<(@Sendable () -> Void)?>(nil)
    private let isHeard = Atomic(false)

    public var hits: Int { hitCount.load(ordering: .relaxed) }
    public var misses: Int { missCount.load(ordering: .relaxed) }

    /// Called with every read, by the thread that has made it.
    public func whenCounted(_ listener: @escaping @Sendable () -> Void) {
        self.listener.withLock { $0 = listener }
        isHeard.store(true, ordering: .releasing)
    }

    func noteHit() {
        hitCount.add(1, ordering: .relaxed)
        tell()
    }

    func noteMiss() {
        missCount.add(1, ordering: .relaxed)
        tell()
    }

    private func tell() {
        if isHeard.load(ordering: .acquiring) { listener.withLock { $0 }?() }
    }
}
