import ObjectStore
import Platform
import Synchronization

/// Objects that are being deleted with nobody waiting for it, and folders whose objects are about to go with a move. Whoever brings
/// another one under the same key waits first, so that not that is deleted.
final class Deletions: Sendable {
    private struct State {
        var keys: [ObjectKey: [CheckedContinuation<Void, Never>]] = [:]
        /// By what their keys begin with.
        var folders: [ObjectKey: [CheckedContinuation<Void, Never>]] = [:]
    }

    private let state = Mutex(State())

    func begin(_ key: ObjectKey) { state.withLock { $0.keys[key] = $0.keys[key] ?? [] } }
    func begin(below prefix: ObjectKey) { state.withLock { $0.folders[prefix] = $0.folders[prefix] ?? [] } }

    func end(_ key: ObjectKey) { resume(state.withLock { $0.keys.removeValue(forKey: key) }) }
    func end(below prefix: ObjectKey) { resume(state.withLock { $0.folders.removeValue(forKey: prefix) }) }

    private func resume(_ waiting: [CheckedContinuation<Void, Never>]?) {
        for continuation in waiting ?? [] { continuation.resume() }
    }

    func wait(for key: ObjectKey) async {
        while isUnderWay(key) {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.keys[key]?.append(continuation) != nil { return false }
                    guard let folder = state.folders.keys.first(where: key.hasPrefix) else { return true }
                    state.folders[folder]!.append(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        }
    }

    func isUnderWay(_ key: ObjectKey) -> Bool {
        state.withLock { $0.keys[key] != nil || $0.folders.keys.contains(where: key.hasPrefix) }
    }

    /// Waits until none is left of those that are under way now.
    func wait() async {
        for key in state.withLock({ Array($0.keys.keys) }) { await wait(for: key) }
    }
}
