import Glibc

/// Jobs in their order, and the threads that do them.
///
/// No more than `atOnce` of them work at a time, however many there are: more than there are processors would take turns, and hold
/// locks while it is not theirs. But a job may wait for a disk. So while there is more to do than the working ones have taken, an idle
/// thread keeps watch, and another one begins for each that waits (`WorkShift`).
///
/// Threads are woken one at a time, and each wakes the next if there is more than it takes: until it runs, most of what has
/// come can often be done by one that is running already, and to wake one costs more than a small job. Each has a bell of its own:
/// who rested last is woken first, while the processor still knows its memory, and whoever rings needs nothing of the queue,
/// which may be gone once the last job has been handed in.
///
/// The lock is one that sleeps at once: Swift's `Mutex` spins for a while first, and here it is contended by threads that may not be
/// running. Unchecked, since all is changed under the lock only.
final class JobQueue<Job>: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let atOnce: Int
    /// Nanoseconds between two looks.
    private let interval: Int
    private var jobs: [Job] = []
    private var taken = 0
    private var isClosed = false

    private var shift = WorkShift()
    /// The bells of threads that do nothing, and of the one that keeps watch.
    private var resting: [Semaphore] = []
    private var watching: Semaphore?
    /// A resting thread has been woken and does not run yet.
    private var isWaking = false

    /// A call that only computes takes much less than a millisecond, one that waits for a disk easily as much.
    init(atOnce: Int, interval: Int = 1_000_000) {
        self.atOnce = max(1, atOnce)
        self.interval = interval
        pthread_mutex_init(lock, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    func append(_ job: Job) {
        pthread_mutex_lock(lock)
        jobs.append(job)
        let bell = nextBell()
        pthread_mutex_unlock(lock)
        bell?.signal()
    }

    /// Nothing more comes.
    func close() {
        pthread_mutex_lock(lock)
        isClosed = true
        let bells = resting + (watching.map { [$0] } ?? [])
        resting = []
        watching = nil
        pthread_mutex_unlock(lock)
        for bell in bells { bell.signal() }
    }

    /// Does jobs on this thread until there are no more.
    func serve(_ perform: (Job) -> Void) {
        let bell = Semaphore()
        pthread_mutex_lock(lock)
        let thread = shift.enter()
        while let job = next(bell) {
            shift.begin(thread)
            let other = nextBell()
            pthread_mutex_unlock(lock)
            other?.signal()
            perform(job)
            pthread_mutex_lock(lock)
            shift.end(thread)
        }
        pthread_mutex_unlock(lock)
    }

    // MARK: Under the lock

    private var isAnythingLeft: Bool { taken < jobs.count }
    private var mayWork: Bool { isAnythingLeft && (shift.count < atOnce || isClosed) }

    /// The next job, which may take a while; nothing at the end.
    private func next(_ bell: Semaphore) -> Job? {
        while !mayWork {
            if isClosed { return nil }
            if isAnythingLeft && watching == nil { keepWatch(bell) } else { rest(bell) }
        }
        let job = jobs[taken]
        taken += 1
        // What has been taken goes all at once, when nothing is left or it is most of the list.
        if taken == jobs.count || taken > 1024 {
            jobs.removeFirst(taken)
            taken = 0
        }
        return job
    }

    private func rest(_ bell: Semaphore) {
        resting.append(bell)
        pthread_mutex_unlock(lock)
        bell.wait()
        pthread_mutex_lock(lock)
        isWaking = false
    }

    private func keepWatch(_ bell: Semaphore) {
        watching = bell
        pthread_mutex_unlock(lock)
        let isCalled = bell.wait(nanoseconds: interval)
        pthread_mutex_lock(lock)
        guard !isCalled else { return }
        if watching === bell {
            watching = nil
            shift.look()
        } else {
            // Somebody has called at the last moment, and rings now.
            pthread_mutex_unlock(lock)
            bell.wait()
            pthread_mutex_lock(lock)
        }
    }

    /// Of the thread that has to work, or to keep watch over those who do. Whoever asks rings it.
    private func nextBell() -> Semaphore? {
        guard isAnythingLeft else { return nil }
        if shift.count < atOnce {
            if resting.isEmpty {
                // Who keeps watch may be the last one.
                defer { watching = nil }
                return watching
            }
        } else if watching != nil {
            return nil
        }
        guard !isWaking, let bell = resting.popLast() else { return nil }
        isWaking = true
        return bell
    }
}
