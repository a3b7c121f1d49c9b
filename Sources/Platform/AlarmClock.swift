import Glibc
import Synchronization

/// Does things later, unless they are called off before: nothing is left of those. (`Task.sleep` leaves a timer behind that
/// stays until its time has come, and keeps a thread waking up.)
///
/// One thread waits for the alarm that rings first, and for nothing while none is set. Setting one wakes it only when it has to ring
/// before all others, so that time limits, which hardly ever ring, cost little. Unchecked, since all is changed under the lock only.
public final class AlarmClock: @unchecked Sendable {
    public static let shared = AlarmClock()

    private struct Alarm {
        let time: Int
        let ring: @Sendable () -> Void
    }

    /// Of an alarm that was set.
    public struct Number: Sendable, Hashable {
        fileprivate let value: Int
    }

    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var alarms: [Number: Alarm] = [:]
    private var last = 0
    /// When the thread looks next.
    private var nextLook = Int.max
    private var hasThread = false

    private init() {
        pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    /// What rings does so on the clock's thread, and must not wait there.
    public func set(milliseconds: Int, _ ring: @escaping @Sendable () -> Void) -> Number {
        let time = MonotonicTime.milliseconds + max(0, milliseconds)
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        last += 1
        let number = Number(value: last)
        alarms[number] = Alarm(time: time, ring: ring)
        // Where no thread can be had now, one may be had for the next alarm; until then none rings.
        if !hasThread { hasThread = MaskedThread.start(named: "alarms", { self.serve() }) != nil }
        if time < nextLook {
            nextLook = time
            pthread_cond_signal(changed)
        }
        return number
    }

    /// False when it rings or has rung.
    @discardableResult
    public func callOff(_ number: Number) -> Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return alarms.removeValue(forKey: number) != nil
    }

    private func serve() {
        while true { for ring in due() { ring() } }
    }

    /// Waits until there are some.
    private func due() -> [@Sendable () -> Void] {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while true {
            let now = MonotonicTime.milliseconds
            let due = alarms.filter { $0.value.time <= now }
            for number in due.keys { alarms[number] = nil }
            nextLook = alarms.values.lazy.map(\.time).min() ?? .max
            guard due.isEmpty else { return due.sorted { $0.value.time < $1.value.time }.map(\.value.ring) }
            if nextLook == .max {
                pthread_cond_wait(changed, lock)
            } else {
                var time = timespec(tv_sec: nextLook / 1000, tv_nsec: nextLook % 1000 * 1_000_000)
                pthread_cond_timedwait(changed, lock, &time)
            }
        }
    }
}

extension AlarmClock {
    /// Lets time pass without a thread. Ends early when the task is cancelled, or when somebody ends the pause.
    public func pause(milliseconds: Int, _ pause: Pause = Pause()) async {
        let number = set(milliseconds: milliseconds) { pause.end() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { pause.begin($0) }
        } onCancel: {
            pause.end()
        }
        callOff(number)
    }

    public final class Pause: Sendable {
        private enum State {
            case new
            case waiting(CheckedContinuation<Void, Never>)
            case over
        }

        private let state = Mutex(State.new)

        public init() {}

        fileprivate func begin(_ continuation: CheckedContinuation<Void, Never>) {
            let isOver = state.withLock { state in
                if case .over = state { return true }
                state = .waiting(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }

        /// Also before it has begun.
        public func end() {
            let before = state.withLock { state in
                defer { state = .over }
                return state
            }
            if case .waiting(let continuation) = before { continuation.resume() }
        }
    }
}
