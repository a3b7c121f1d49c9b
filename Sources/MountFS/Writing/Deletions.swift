import ObjectStore
import Synchronization

/// Objects that are being deleted with nobody waiting for it. Whoever brings another one under the same key waits first, so that
/// not that is deleted.
final class Deletions: Sendable {
    private let keys = Mutex<[ObjectKey: [CheckedContinuation<Void, Never>]]>([:])

    func begin(_ key: ObjectKey) { keys.withLock { $0[key] = $0[key] ?? [] } }

    func end(_ key: ObjectKey) {
        let waiting = keys.withLock { $0.removeValue(forKey: key) ?? [] }
        for continuation in waiting { continuation.resume() }
    }

    func wait(for key: ObjectKey) async {
        await withCheckedContinuation { continuation in
            let isOver = keys.withLock { keys in
                keys[key]?.append(continuation)
                return keys[key] == nil
            }
            if isOver { continuation.resume() }
        }
    }

    /// Waits until none is left of those that are under way now.
    func wait() async {
        for key in keys.withLock({ Array($0.keys) }) { await wait(for: key) }
    }
}
