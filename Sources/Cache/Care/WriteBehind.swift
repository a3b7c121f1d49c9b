import Platform
import Synchronization

/// Bytes that were fetched and are to be kept, while those who wanted them read on: written by threads of the cache's own, out
/// of the memory that they were fetched into. There may be only so much of it; what comes beyond that is not kept, and what
/// waits goes when memory is short.
final class WriteBehind: Sendable {
    struct Piece: @unchecked Sendable {
        let object: CachedObject
        let range: Range<Int>
        /// Valid, and left alone, as long as there is the owner, which is why it is unchecked.
        let bytes: UnsafeRawBufferPointer
        let owner: any AnyObject & Sendable
    }

    private struct State {
        var waiting: [Piece] = []
        /// With those that are being written.
        var bytes = 0
        var writers = 0
        var idle: [CheckedContinuation<Void, Never>] = []
    }

    /// More would not make a disk faster.
    private static let writers = 2

    private let limit: Int
    private let threads: WorkThreads
    private let state = Mutex(State())

    /// `limit` is how many bytes may wait.
    init(limit: Int, on threads: WorkThreads) {
        self.limit = limit
        self.threads = threads
    }

    /// Those that wait or are being written.
    var bytes: Int { state.withLock { $0.bytes } }

    /// Has it written, if there is room for it; when nothing more waits, `write` is called without a piece.
    func add(_ piece: Piece, write: @escaping @Sendable (Piece?) -> Void) {
        let needsWriter = state.withLock { state in
            guard state.bytes + piece.range.count <= limit else { return false }
            state.bytes += piece.range.count
            state.waiting.append(piece)
            guard state.writers < Self.writers else { return false }
            state.writers += 1
            return true
        }
        guard needsWriter else { return }
        Task(executorPreference: threads) {
            while true {
                while let piece = self.next() {
                    write(piece)
                    self.state.withLock { $0.bytes -= piece.range.count }
                }
                write(nil)
                if self.ends() { return }
            }
        }
    }

    private func next() -> Piece? {
        state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    /// False when something has come meanwhile.
    private func ends() -> Bool {
        let idle = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            guard state.waiting.isEmpty else { return nil }
            state.writers -= 1
            guard state.writers == 0 else { return [] }
            defer { state.idle = [] }
            return state.idle
        }
        for waiting in idle ?? [] { waiting.resume() }
        return idle != nil
    }

    /// What waits is not kept.
    func drop() {
        let dropped = state.withLock { state in
            defer { state.waiting = [] }
            state.bytes -= state.waiting.reduce(0) { $0 + $1.range.count }
            return state.waiting
        }
        // Memory goes back when the lock is not held.
        withExtendedLifetime(dropped) {}
    }

    /// Waits until nothing is left to write.
    func flush() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.writers > 0 { state.idle.append(continuation) }
                return state.writers == 0
            }
            if isIdle { continuation.resume() }
        }
    }
}
