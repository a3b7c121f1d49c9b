import Platform
import Synchronization

/// Credentials that are kept as long as they hold. They are replaced some minutes before they expire, behind the back of
/// whoever uses them; shortly before the end callers wait for the new ones. However many wait, one search runs.
///
/// A search that fails does no harm while the old credentials hold. What it says is remembered for a moment, so that a
/// thousand requests do not ask a token service a thousand times.
final class CachedCredentials<Value: Sendable & Equatable>: Sendable {
    typealias Found = FoundCredentials<Value>
    typealias Search = @Sendable () async throws(StoreError) -> Found

    /// How long before expiry new ones are looked for, and how much that varies between processes.
    private static var lead: Int { 300 }
    private static var jitter: Int { 60 }
    /// How long before expiry nobody starts anything with the old ones.
    private static var lastMinute: Int { 60 }
    private static var pauseAfterFailure: Int { 30 }
    private static var memoryOfFailure: Int { 2 }

    private struct State {
        var found: Found?
        var refreshAt = Int.max
        var failure: (error: StoreError, until: Int)?
        /// What was refused although nothing newer could be found, and until when that is believed.
        var refused: (value: Value, until: Int)?
        var isSearching = false
        var waiting: [Int: CheckedContinuation<Result<Found, StoreError>, Never>] = [:]
        var nextWaiting = 0
    }

    private enum Step {
        case use(Found)
        case fail(StoreError)
        case wait
    }

    private let state = Mutex(State())
    private let search: Search
    private let now: @Sendable () -> Int
    /// This process's share of the jitter.
    private let early = Int.random(in: 0...jitter)

    init(now: @escaping @Sendable () -> Int, search: @escaping Search) {
        self.now = now
        self.search = search
    }

    func current() async throws(StoreError) -> Found {
        let time = now()
        let (step, begins) = state.withLock { state in
            let step = Self.step(state, time)
            let begins = Self.isDue(state, step, time)
            if begins { state.isSearching = true }
            return (step, begins)
        }
        if begins { beginSearch() }
        switch step {
        case .use(let found): return found
        case .fail(let error): throw error
        case .wait: return try await result().get()
        }
    }

    /// After credentials were refused: whether there are others now.
    func renew(after refused: Value) async -> Bool {
        let time = now()
        let (known, begins): (Bool?, Bool) = state.withLock { state in
            if let found = state.found, found.value != refused { return (true, false) }
            if let last = state.refused, last.value == refused, time < last.until { return (false, false) }
            defer { state.isSearching = true }
            return (nil, !state.isSearching)
        }
        if let known { return known }
        if begins { beginSearch() }
        guard case .success(let found) = await result(), found.value != refused else {
            state.withLock { $0.refused = (refused, time + Self.memoryOfFailure) }
            return false
        }
        return true
    }

    // MARK: What is to be done

    private static func step(_ state: State, _ time: Int) -> Step {
        if let found = state.found {
            guard let expiry = found.expiry else { return .use(found) }
            // In the last minute new ones are waited for, unless they have just been sought in vain.
            if time < expiry - lastMinute || time < expiry && time < state.refreshAt { return .use(found) }
        }
        if let failure = state.failure, time < failure.until { return .fail(failure.error) }
        return .wait
    }

    private static func isDue(_ state: State, _ step: Step, _ time: Int) -> Bool {
        guard !state.isSearching else { return false }
        return switch step {
        case .use: time >= state.refreshAt
        case .fail: false
        case .wait: true
        }
    }

    // MARK: The search

    private func beginSearch() {
        Task(executorPreference: WorkThreads.current) { [self] in
            let result: Result<Found, StoreError>
            do throws(StoreError) {
                result = .success(try await search())
            } catch {
                result = .failure(error)
            }
            finish(result)
        }
    }

    private func finish(_ result: Result<Found, StoreError>) {
        let time = now()
        let (answer, waiting) = state.withLock { state in
            defer { state.waiting = [:] }
            state.isSearching = false
            return (note(result, in: &state, at: time), state.waiting.values)
        }
        for continuation in waiting { continuation.resume(returning: answer) }
    }

    /// Old credentials that still hold are better than none.
    private func note(
        _ result: Result<Found, StoreError>, in state: inout State, at time: Int
    ) -> Result<Found, StoreError> {
        switch result {
        case .success(var found):
            // Whatever the clocks say: asking again with every request would make it worse.
            if let expiry = found.expiry, expiry <= time + Self.lastMinute { found.expiry = time + 2 * Self.lastMinute }
            state.found = found
            state.failure = nil
            state.refused = nil
            // Of short ones most is used: a quarter of their time is left for getting new ones.
            let lead = found.expiry.map { min(Self.lead + early, max(0, $0 - time) / 4) } ?? 0
            state.refreshAt = found.expiry.map { $0 - lead } ?? .max
            return .success(found)
        case .failure(let error):
            if let found = state.found, found.expiry.map({ time < $0 }) ?? true {
                state.refreshAt = time + Self.pauseAfterFailure
                return .success(found)
            }
            state.found = nil
            state.failure = (error, time + Self.memoryOfFailure)
            return result
        }
    }

    /// What the search that is under way finds. Who is cancelled does not wait for it.
    private func result() async -> Result<Found, StoreError> {
        let number = state.withLock { state in
            state.nextWaiting += 1
            return state.nextWaiting
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Result<Found, StoreError>? = state.withLock { state in
                    if Task.isCancelled { return .failure(Self.cancelled) }
                    guard !state.isSearching else {
                        state.waiting[number] = continuation
                        return nil
                    }
                    // It has ended in between.
                    return state.found.map { .success($0) } ?? .failure(state.failure?.error ?? Self.cancelled)
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: .failure(Self.cancelled))
        }
    }

    private static var cancelled: StoreError { StoreError(.cancelled, "cancelled while credentials were looked for") }
}
