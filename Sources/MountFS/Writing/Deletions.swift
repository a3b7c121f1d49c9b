import ObjectStore
import Platform
import Synchronization

/// Objects that are being deleted with nobody waiting for it. Whoever brings another one under the same key waits first, so that not
/// that is deleted.
final class Deletions: Sendable {
    private let waiting = Mutex<[ObjectKey: [CheckedContinuation<Void, Never>]]>([:])

    func begin(_ key: ObjectKey) { waiting.withLock { $0[key] = $0[key] ?? [] } }

    func end(_ key: ObjectKey) {
        for continuation in waiting.withLock({ $0.removeValue(forKey: key) }) ?? [] { continuation.resume() }
    }

    func wait(for key: ObjectKey) async {
        while isUnderWay(key) {
            await withCheckedContinuation { continuation in
                let isOver = waiting.withLock { $0[key]?.append(continuation) == nil }
                if isOver { continuation.resume() }
            }
        }
    }

    func keys(below prefix: ObjectKey) -> Set<ObjectKey> {
        waiting.withLock { waiting in Set(waiting.keys.filter { $0.hasPrefix(prefix) }) }
    }

    func isUnderWay(_ key: ObjectKey) -> Bool { waiting.withLock { $0[key] != nil } }

    /// Waits until none is left of those that are under way now.
    func wait() async {
        for key in waiting.withLock({ Array($0.keys) }) { await wait(for: key) }
    }
}
