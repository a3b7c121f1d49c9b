import Glibc

/// Jobs in their order, and threads that wait for them. The lock is one that sleeps at once: Swift's `Mutex` spins for a while
/// first, and here it is contended by more threads than there are processors, so that whoever has it is often not running.
/// Unchecked, since all is changed under the lock only.
final class JobQueue: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [UnownedJob] = []
    private var taken = 0
    private var waiting = 0
    private var isClosed = false

    init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(lock)
        changed.deallocate()
        lock.deallocate()
    }

    func append(_ job: UnownedJob) {
        pthread_mutex_lock(lock)
        jobs.append(job)
        let isAwaited = waiting > 0
        pthread_mutex_unlock(lock)
        if isAwaited { pthread_cond_signal(changed) }
    }

    /// Nothing more comes.
    func close() {
        pthread_mutex_lock(lock)
        isClosed = true
        pthread_mutex_unlock(lock)
        pthread_cond_broadcast(changed)
    }

    /// The next job, which may take a while; nothing at the end.
    func next() -> UnownedJob? {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while taken == jobs.count && !isClosed {
            waiting += 1
            pthread_cond_wait(changed, lock)
            waiting -= 1
        }
        guard taken < jobs.count else { return nil }
        defer {
            taken += 1
            // What has been taken goes all at once, when nothing is left or it is most of the list.
            if taken == jobs.count || taken > 1024 {
                jobs.removeFirst(taken)
                taken = 0
            }
        }
        return jobs[taken]
    }
}
