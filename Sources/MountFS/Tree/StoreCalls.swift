import Glibc
import ObjectStore
import Platform
import Synchronization

/// Calls of the store, each with an end: what passes is tried again until the time is over, and then it is a failure,
/// which is reported.
final class StoreCalls: Sendable {
    let store: any ObjectStore
    private let milliseconds: Int
    private let threads: (any TaskExecutor)?
    private let reports: RateLimitedReports
    private let trouble: @Sendable () -> String?

    private static let firstPause = 250
    private static let longestPause = 5000

    init(_ store: any ObjectStore, _ settings: TreeSettings) {
        self.store = store
        milliseconds = settings.ioTimeout.milliseconds
        threads = settings.threads
        reports = RateLimitedReports(settings.now, settings.report)
        trouble = settings.trouble
    }

    func begin(_ work: @escaping @Sendable () async -> Void) {
        Task(executorPreference: threads) { await work() }
    }

    /// What is not there is no failure to be reported.
    func call<Answer: Sendable>(
        _ key: ObjectKey, _ body: @escaping @Sendable () async throws(StoreError) -> Answer
    ) async -> Result<Answer, StoreError> {
        let latest = LatestFailure()
        let attempts = Task(executorPreference: threads) { await Self.attempts(latest, body) }
        let alarm = AlarmClock.shared.set(milliseconds: milliseconds) { attempts.cancel() }
        let result = await attempts.value
        guard !AlarmClock.shared.callOff(alarm), case .failure = result else { return result }
        return .failure(timeout(key, latest.error))
    }

    /// Why the last attempt failed. Shared by those who make attempts and who looks at the time.
    private final class LatestFailure: Sendable {
        private let latest = Mutex<StoreError?>(nil)
        var error: StoreError? { latest.withLock { $0 } }
        func note(_ error: StoreError) { latest.withLock { $0 = error } }
    }

    private func timeout(_ key: ObjectKey, _ latest: StoreError?) -> StoreError {
        let time = TimeSpan(milliseconds: milliseconds)
        if let latest { return latest.lasting(time) }
        let why = trouble().map { ": \($0)" } ?? ""
        return StoreError(.unreachable, "\(key.shown): no answer within \(time)\(why)", errno: ETIMEDOUT)
    }

    func report(_ error: StoreError) { reports.report(error.code.rawValue, error.told, error) }

    /// Of what is still waited for.
    func report(trouble: String) {
        let error = StoreError(.unreachable, "the store is asked again and again: \(trouble)")
        reports.report("trouble", error.message, error)
    }

    func report(hidden key: ObjectKey) {
        reports.report("hidden", "\(key.shown): has no place in a tree of files and is not shown", nil)
    }

    private static func attempts<Answer: Sendable>(
        _ latest: LatestFailure, _ body: @Sendable () async throws(StoreError) -> Answer
    ) async -> Result<Answer, StoreError> {
        var pause = firstPause
        while true {
            do throws(StoreError) {
                return .success(try await body())
            } catch {
                guard error.isRetryable, !Task.isCancelled else { return .failure(error) }
                latest.note(error)
                await AlarmClock.shared.pause(milliseconds: pause)
                guard !Task.isCancelled else { return .failure(error) }
                pause = min(pause * 2, longestPause)
            }
        }
    }
}

/// One line of a sort in ten seconds, so that a store that is away does not fill the log.
final class RateLimitedReports: Sendable {
    private struct Sort {
        var next: Int
        var kept = 0
    }

    private let sorts = Mutex<[String: Sort]>([:])
    private let now: @Sendable () -> Int
    private let report: @Sendable (String, StoreError?) -> Void

    static let pause = 10_000

    init(_ now: @escaping @Sendable () -> Int, _ report: @escaping @Sendable (String, StoreError?) -> Void) {
        self.now = now
        self.report = report
    }

    func report(_ sort: String, _ message: String, _ error: StoreError?) {
        let time = now()
        let kept = sorts.withLock { sorts -> Int? in
            if let known = sorts[sort], known.next > time {
                sorts[sort]!.kept += 1
                return nil
            }
            defer { sorts[sort] = Sort(next: time + Self.pause) }
            return sorts[sort]?.kept ?? 0
        }
        guard let kept else { return }
        report(kept == 0 ? message : "\(message) (and \(kept) more like it)", error)
    }
}

extension StoreError {
    /// Of what has failed so again and again until nobody waits any more.
    func lasting(_ time: TimeSpan) -> StoreError {
        var error = self
        error.message += " (again and again for \(time))"
        return error
    }
}

extension SystemError {
    /// What a program is told.
    init(_ error: StoreError) {
        switch error.code {
        case .notFound: self = .notThere
        case .denied, .noCredentials, .expiredCredentials: self.init(code: EACCES)
        case .changed: self.init(code: ESTALE)
        case .conditionFailed: self.init(code: EEXIST)
        case .noSpace: self.init(code: ENOSPC)
        case .tooLarge: self.init(code: EFBIG)
        case .invalid where error.errno == ENOTEMPTY: self.init(code: ENOTEMPTY)
        default: self.init(code: EIO)
        }
    }
}
