import Platform
import Synchronization

/// Finds, when all other work is done, parts that take far longer than their siblings did: one slow connection must not
/// hold up a whole copy. Such a part is asked for a second time, and who brings it first wins.
final class Stragglers: Sendable {
    /// What is far longer.
    struct Limits: Sendable {
        /// Times the median of the parts that are there.
        var factor = 4.0
        /// And never sooner than that: connections begin slowly, and short waits are no harm.
        var leastMilliseconds = 2000
        /// So many have to be there to compare with.
        var siblings = 4
        /// How often that is looked at.
        var lookMilliseconds: UInt64 = 100
    }

    private struct UnderWay {
        let parts: Int
        let since = MonotonicTime.milliseconds
        var continuation: CheckedContinuation<Bool, Never>?
        var isOver = false
    }

    private struct State {
        var nextNumber = 0
        var underWay: [Int: UnderWay] = [:]
        /// How long the last parts took.
        var taken: [Int] = []
        var isWatched = false
        /// Who watches waits for it between two looks.
        var pause: CheckedContinuation<Void, Never>?
    }

    private let limits: Limits
    private let state = Mutex(State())

    /// Of how many parts the median is taken.
    private static let remembered = 64

    init(_ limits: Limits) {
        self.limits = limits
    }

    // MARK: Parts

    /// A request for some parts begins; the number is its own.
    func begin(_ parts: Int) -> Int {
        state.withLock { state in
            defer { state.nextNumber += 1 }
            state.underWay[state.nextNumber] = UnderWay(parts: parts)
            return state.nextNumber
        }
    }

    /// It is there, or has failed.
    func end(_ number: Int, isThere: Bool) {
        let (part, pause) = state.withLock { state in
            let part = state.underWay.removeValue(forKey: number)
            if isThere, let part {
                if state.taken.count == Self.remembered { state.taken.removeFirst() }
                state.taken.append((MonotonicTime.milliseconds - part.since) / part.parts)
            }
            return (part, state.underWay.isEmpty ? state.pause.take() : nil)
        }
        part?.continuation?.resume(returning: false)
        pause?.resume()
    }

    /// Waits until the part is found to be one; false when it ends before.
    func isOne(_ number: Int) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.underWay[number]?.isOver == false else { return true }
                    state.underWay[number]?.continuation = continuation
                    return false
                }
                if isOver { continuation.resume(returning: false) }
            }
        } onCancel: {
            giveUp(number)
        }
    }

    private func giveUp(_ number: Int) {
        let continuation = state.withLock { state in
            state.underWay[number]?.isOver = true
            return state.underWay[number]?.continuation.take()
        }
        continuation?.resume(returning: false)
    }

    // MARK: Watching

    /// For one who has nothing else to do: looks until all parts are there.
    func watch() async {
        let isFirst = state.withLock { state in
            defer { state.isWatched = true }
            return !state.isWatched
        }
        guard isFirst else { return }
        while !Task.isCancelled, state.withLock({ !$0.underWay.isEmpty }) {
            for continuation in found { continuation.resume(returning: true) }
            await pause()
        }
        state.withLock { $0.isWatched = false }
    }

    /// Until the next look, or until nothing is left to look at: the copy must not wait for who watches.
    private func pause() async {
        await withTaskGroup { group in
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !state.underWay.isEmpty else { return true }
                    state.pause = continuation
                    return false
                }
                if isOver { continuation.resume() }
                group.addTask { [self] in
                    try? await Task.sleep(nanoseconds: limits.lookMilliseconds * 1_000_000)
                    state.withLock { $0.pause.take() }?.resume()
                }
            }
            group.cancelAll()
        }
    }

    /// Those that are found now; each is found once.
    private var found: [CheckedContinuation<Bool, Never>] {
        state.withLock { state in
            guard state.taken.count >= limits.siblings else { return [] }
            let median = state.taken.sorted()[state.taken.count / 2]
            let now = MonotonicTime.milliseconds
            return state.underWay.keys.compactMap { number in
                guard let part = state.underWay[number] else { return nil }
                let patience = max(limits.leastMilliseconds, Int(limits.factor * Double(median * part.parts)))
                guard now - part.since >= patience else { return nil }
                return state.underWay[number]?.continuation.take()
            }
        }
    }
}
