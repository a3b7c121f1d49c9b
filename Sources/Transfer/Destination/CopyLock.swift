import Glibc
import Platform

/// A lock of ours on an open file or folder; it ends with the process that has it, however that ends.
enum CopyLock {
    /// Waits until nobody else has it. `waited` is called once when somebody has.
    static func take(
        _ file: borrowing OwnedDescriptor, waited: () -> Void, isCancelled: () -> Bool
    ) throws(SystemError) {
        guard try !file.lock(waiting: false) else { return }
        waited()
        // Asked again and again: a wait in the kernel would outlast signals and time limits.
        while try !file.lock(waiting: false) {
            guard !isCancelled() else { throw SystemError(code: ECANCELED) }
            Threads.sleep(milliseconds: 20)
        }
    }

    /// The same on a destination, so that also runs with other state folders wait. Some network file systems cannot lock
    /// folders; there the lock in the state folder has to do.
    static func takeIfPossible(
        _ folder: borrowing OwnedDescriptor, waited: () -> Void, isCancelled: () -> Bool
    ) throws(SystemError) {
        do throws(SystemError) {
            try take(folder, waited: waited, isCancelled: isCancelled)
        } catch  where [ENOLCK, EOPNOTSUPP, EBADF, EINVAL, ENOSYS].contains(error.code) {
            return
        }
    }
}
