import CShims
import Glibc

/// A count that threads wait for. Unchecked, since what it holds is made to be shared.
public final class Semaphore: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    public init() {
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    public func signal() {
        sem_post(semaphore)
    }

    public func wait() {
        while sem_wait(semaphore) == -1 && errno == EINTR {}
    }

    /// False when nobody has signalled within so many nanoseconds.
    func wait(nanoseconds: Int) -> Bool {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let (seconds, rest) = (time.tv_nsec + nanoseconds).quotientAndRemainder(dividingBy: 1_000_000_000)
        while shim_sem_wait_until(semaphore, Int64(time.tv_sec + seconds), Int64(rest)) == -1 {
            if errno != EINTR { return false }
        }
        return true
    }
}
