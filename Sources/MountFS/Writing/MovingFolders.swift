import ObjectStore
import Platform
import Synchronization

/// Folders that are about to get another name, with all that is in them. What is asked of the store for something in such a folder has
/// been done before, or waits until the folder has its new name: else it would be done under the old one, and go with it.
final class MovingFolders: Sendable {
    private typealias Waiter = CheckedContinuation<Void, Never>

    private struct State {
        /// By what the keys in them begin with, with who waits for their end.
        var moving: [ObjectKey: [Waiter]] = [:]
        /// How often something is being asked for at a key.
        var work: [ObjectKey: Int] = [:]
        /// Until some of that has been done.
        var waitingForWork: [Waiter] = []

        func folder(of key: ObjectKey) -> ObjectKey? { moving.keys.first(where: key.hasPrefix) }
        func isQuiet(below prefix: ObjectKey) -> Bool { !work.keys.contains { $0.hasPrefix(prefix) } }
    }

    private let state = Mutex(State())

    /// Nothing begins there from now on, and what had begun has been done.
    func begin(_ prefix: ObjectKey) async {
        state.withLock { $0.moving[prefix] = $0.moving[prefix] ?? [] }
        while !state.withLock({ $0.isQuiet(below: prefix) }) {
            await withCheckedContinuation { continuation in
                let isQuiet = state.withLock { state in
                    if !state.isQuiet(below: prefix) { state.waitingForWork.append(continuation) }
                    return state.isQuiet(below: prefix)
                }
                if isQuiet { continuation.resume() }
            }
        }
    }

    func end(_ prefix: ObjectKey) {
        let waiting = state.withLock { $0.moving.removeValue(forKey: prefix) }
        for continuation in waiting ?? [] { continuation.resume() }
    }

    func isMoving(_ key: ObjectKey) -> Bool { state.withLock { $0.folder(of: key) != nil } }

    func wait(for key: ObjectKey) async {
        while isMoving(key) {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard let folder = state.folder(of: key) else { return true }
                    state.moving[folder]!.append(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        }
    }

    /// Has `body` run while no folder begins to move that the key is in. Nothing when one is about to: then `body` has not run, and
    /// what the key stands for gets another one. `body` must wait for nobody who waits for a folder to move.
    func ifStaying<Answer, Failure: Error>(
        _ key: ObjectKey, _ body: () async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer? {
        let mayBegin = state.withLock { state in
            guard state.folder(of: key) == nil else { return false }
            state.work[key, default: 0] += 1
            return true
        }
        guard mayBegin else { return nil }
        defer { leave(key) }
        return try await body()
    }

    private func leave(_ key: ObjectKey) {
        let waiting = state.withLock { state in
            let left = state.work[key]! - 1
            state.work[key] = left > 0 ? left : nil
            defer { state.waitingForWork = [] }
            return state.waitingForWork
        }
        for continuation in waiting { continuation.resume() }
    }
}
