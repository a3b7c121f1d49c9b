import Glibc
import Platform
import Synchronization

/// A lock of ours on an open file or folder; it ends with the process that has it, however that ends.
enum CopyLock {
    /// Waits until nobody else has it. `waited` is called once when somebody has.
    static func take(
        _ file: borrowing OwnedDescriptor, waited: () -> Void, until progress: CopyProgress
    ) throws(SystemError) {
        guard try !file.lock(waiting: false) else { return }
        waited()
        // The kernel's wait knows nothing of time limits and of mounts that are given up. So another thread waits there, on
        // a descriptor of its own for the same lock. When it is given up nobody holds that lock here once it comes to it.
        let waiting = Waiting(try file.duplicate())
        guard MaskedThread.start(named: "lock", { waiting.wait() }) != nil else { throw SystemError(code: EAGAIN) }
        progress.whenCancelled { waiting.end(.failure(SystemError(code: ECANCELED))) }
        try waiting.result()
    }

    /// The same on a destination, so that also runs with other state folders wait. Some network file systems cannot lock
    /// folders; there the lock in the state folder has to do.
    static func takeIfPossible(
        _ folder: borrowing OwnedDescriptor, waited: () -> Void, until progress: CopyProgress
    ) throws(SystemError) {
        do throws(SystemError) {
            try take(folder, waited: waited, until: progress)
        } catch  where [ENOLCK, EOPNOTSUPP, EBADF, EINVAL, ENOSYS].contains(error.code) {
            return
        }
    }
}

/// The wait of one thread for a lock that another one needs.
private final class Waiting: Sendable {
    private let file: OwnedDescriptor
    private let outcome = Mutex<Result<Void, SystemError>?>(nil)
    private let hasEnded = Semaphore()

    init(_ file: consuming OwnedDescriptor) {
        self.file = file
    }

    func wait() {
        do throws(SystemError) {
            _ = try file.lock(waiting: true)
            end(.success(()))
        } catch {
            end(.failure(error))
        }
    }

    /// The first word counts.
    func end(_ result: Result<Void, SystemError>) {
        outcome.withLock { $0 = $0 ?? result }
        hasEnded.signal()
    }

    func result() throws(SystemError) {
        hasEnded.wait()
        try outcome.withLock { $0 ?? .success(()) }.get()
    }
}
