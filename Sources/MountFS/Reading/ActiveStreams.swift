import Synchronization

/// Who reads in order at the moment, anywhere in the mount. What is worth fetching ahead is that of the connection to the store, so
/// they share it.
final class ActiveStreams: Sendable {
    private struct State {
        /// When each has read last, in reads of the mount.
        var last: [ObjectIdentifier: Int] = [:]
        var nextLook = 0
    }

    private let state = Mutex(State())

    /// So many reads of others make one count as gone.
    static let patience = 256

    /// A reader has gone on. Returns how many there are.
    func note(_ reader: Reader, tick: Int) -> Int {
        state.withLock { state in
            state.last[ObjectIdentifier(reader)] = tick
            if state.last.count > 1, tick >= state.nextLook {
                state.last = state.last.filter { tick - $0.value < Self.patience }
                state.nextLook = tick + Self.patience / 4
            }
            return state.last.count
        }
    }

    func remove(_ reader: Reader) { state.withLock { $0.last[ObjectIdentifier(reader)] = nil } }
}
