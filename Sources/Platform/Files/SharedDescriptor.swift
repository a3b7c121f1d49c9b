import Glibc

/// An open file with several users, closed when the last of them lets go of it. Work on other threads holds one, so that
/// the number cannot come to mean another file while it is written to.
public final class SharedDescriptor: Sendable {
    public let file: OwnedDescriptor
    /// Made to be shared between threads.
    private nonisolated(unsafe) let turn = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    public init(_ file: consuming OwnedDescriptor) {
        self.file = file
        pthread_mutex_init(turn, nil)
    }

    deinit {
        pthread_mutex_destroy(turn)
        turn.deallocate()
    }

    /// Writes while nobody else does so by this call; false where somebody does and the caller would have to wait. The
    /// kernel lets one write to a file at a time as well, but keeps processors busy with waiting.
    public func writeInTurn(
        waiting: Bool, _ write: (borrowing OwnedDescriptor) throws(SystemError) -> Void
    ) throws(SystemError) -> Bool {
        guard (waiting ? pthread_mutex_lock(turn) : pthread_mutex_trylock(turn)) == 0 else { return false }
        defer { pthread_mutex_unlock(turn) }
        try write(file)
        return true
    }
}
