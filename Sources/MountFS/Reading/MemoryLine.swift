import Synchronization

/// Reads for which there was no memory, in their order. They hold nothing: who waits for memory and has some would keep others
/// waiting who have what he needs. One task takes for the first of them as much as it asks for, which is always enough, and
/// then has it begin again.
final class MemoryLine: Sendable {
    private struct Waiting {
        let read: PendingRead
        let file: SharedFile
    }

    private struct State {
        var waiting: [Waiting] = []
        var isServed = false
    }

    private let state = Mutex(State())

    func join(_ read: PendingRead, of file: SharedFile) {
        let isServed = state.withLock { state in
            state.waiting.append(Waiting(read: read, file: file))
            defer { state.isServed = true }
            return state.isServed
        }
        file.core.watch.begin(file.core)
        guard !isServed else { return }
        Task(executorPreference: file.core.settings.threads) { [core = file.core] in
            while let next = self.first() {
                let grant = await MemoryGrant(next.read.range.count, of: core.memory)
                // It may have been ended meanwhile.
                if self.leave(next.read) { next.file.attempt(next.read, with: grant) }
            }
        }
    }

    /// Ends the service when nobody waits.
    private func first() -> Waiting? {
        state.withLock { state in
            if state.waiting.isEmpty { state.isServed = false }
            return state.waiting.first
        }
    }

    private func leave(_ read: PendingRead) -> Bool {
        state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0.read === read }) else { return false }
            state.waiting.remove(at: index)
            return true
        }
    }

    /// Fails those that have waited for too long. False when none waits.
    func failOverdue(at now: Int) -> Bool {
        let (overdue, isWaiting) = state.withLock { state in
            let overdue = state.waiting.filter { $0.read.deadline <= now }
            state.waiting.removeAll { $0.read.deadline <= now }
            return (overdue, !state.waiting.isEmpty)
        }
        for waiting in overdue {
            waiting.file.core.reportTimeout(of: waiting.file.file.key, nil)
            waiting.file.abandon(waiting.read)
        }
        return isWaiting
    }

    func end() {
        let all = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiting in all { waiting.file.abandon(waiting.read) }
    }
}
