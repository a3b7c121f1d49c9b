import Synchronization

/// The one owner of memory that grows with the work: buffers of connections, parts and listings draw from it, and whoever finds
/// it empty waits in line. Whoever would be alone never waits, so that the least budget still gets the largest work done.
///
/// Nobody waits for more while holding some, or two could wait for each other: what a piece of work needs is taken at once.
public final class MemoryBudget: Sendable {
    private struct State {
        /// By work that is under way and gives it back soon.
        var taken = 0
        var takers = 0
        /// For as long as something is kept.
        var held = 0
        /// Buffers that nobody uses. They are free, and stay only because fresh memory costs a page fault for every page.
        var idle: [MemoryBuffer] = []
        var peak = 0
        var waiting: [Waiting] = []
        var firstWaiting = 0
        /// Who may have something to give back.
        var relievers: [@Sendable () -> Void] = []

        var used: Int { taken + held }
        var idleBytes: Int { idle.reduce(0) { $0 + $1.count } }
    }

    private struct Waiting {
        let bytes: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    public let total: Int
    private let state = Mutex(State())

    public init(_ bytes: Int) {
        total = max(0, bytes)
    }

    deinit {
        state.withLock { state in for buffer in state.idle { buffer.deallocate() } }
    }

    /// What is in use, without idle buffers.
    public var used: Int { state.withLock { $0.used } }
    /// Of buffers that stay for the next who wants one, as long as nobody wants the room.
    public var idle: Int { state.withLock { $0.idleBytes } }
    /// The most that was in use at once.
    public var peak: Int { state.withLock { $0.peak } }
    /// How many wait.
    public var waiting: Int { state.withLock { $0.waiting.count - $0.firstWaiting } }

    // MARK: For a piece of work

    /// Waits until there is so much. Every `take` is followed by one `giveBack` of the same.
    public func take(_ bytes: Int) async {
        await withCheckedContinuation { continuation in
            let isFree = change { state in
                if state.waiting.isEmpty, admits(bytes, state) {
                    note(bytes, &state)
                    return true
                }
                state.waiting.append(Waiting(bytes: bytes, continuation: continuation))
                return false
            }
            if isFree { continuation.resume() } else { askForRelief() }
        }
    }

    /// Takes so much if it is there now and nobody waits for it, perhaps only if so much is free afterwards: whoever takes
    /// ahead of need leaves something to the others. Where nothing has to be left, who would be alone gets any amount.
    public func tryTake(_ bytes: Int, leaving rest: Int = 0) -> Bool {
        change { state in
            guard state.waiting.isEmpty, rest == 0 ? admits(bytes, state) : state.used + bytes + rest <= total else {
                return false
            }
            note(bytes, &state)
            return true
        }
    }

    public func giveBack(_ bytes: Int) {
        change { state in
            state.taken -= bytes
            state.takers -= 1
        }
    }

    /// Waits until there is so much besides a buffer.
    public func take(_ bytes: Int, andBufferOf size: Int) async -> MemoryBuffer {
        await take(bytes + size)
        return buffer(size)
    }

    /// A buffer if there is so much now, see `tryTake`.
    public func tryTakeBuffer(_ size: Int, leaving rest: Int = 0) -> MemoryBuffer? {
        tryTake(size, leaving: rest) ? buffer(size) : nil
    }

    private func buffer(_ size: Int) -> MemoryBuffer {
        // The last one is the one that the processor's cache knows.
        let idle = state.withLock { state in
            state.idle.lastIndex { $0.count == size }.map { state.idle.remove(at: $0) }
        }
        return idle ?? MemoryBuffer(size)
    }

    public func giveBack(_ bytes: Int, and buffer: MemoryBuffer) {
        change { state in
            state.taken -= bytes + buffer.count
            state.takers -= 1
            state.idle.append(buffer)
        }
    }

    // MARK: For what is kept

    /// A share of what is free, if half of all stays free for work: for what can be kept elsewhere as well.
    public func hold(_ bytes: Int) -> MemoryShare? {
        let isHeld = change { state in
            guard state.used + bytes <= total / 2 else { return false }
            state.held += bytes
            return true
        }
        return isHeld ? MemoryShare(bytes, of: self) : nil
    }

    /// A share whether there is enough or not: for what is there already and can be nowhere else. Others wait for it.
    public func charge(_ bytes: Int) -> MemoryShare {
        change { $0.held += bytes }
        return MemoryShare(bytes, of: self)
    }

    fileprivate func release(_ bytes: Int) {
        change { $0.held -= bytes }
    }

    // MARK: When it is short

    /// Has `relieve` called, with no lock held, whenever somebody begins to wait: for who keeps what can be done without.
    public func whenShort(_ relieve: @escaping @Sendable () -> Void) {
        state.withLock { $0.relievers.append(relieve) }
    }

    private func askForRelief() {
        for relieve in state.withLock({ $0.relievers }) { relieve() }
    }

    /// Frees the buffers that nobody uses: when nothing more is expected soon.
    public func freeIdle() {
        let idle = state.withLock { state in
            defer { state.idle = [] }
            return state.idle
        }
        for buffer in idle { buffer.deallocate() }
    }

    // MARK: Inside

    private func admits(_ bytes: Int, _ state: State) -> Bool {
        state.takers == 0 || state.used + bytes <= total
    }

    private func note(_ bytes: Int, _ state: inout State) {
        state.taken += bytes
        state.takers += 1
    }

    /// Changes something, lets in who can go on then, and frees the idle buffers that there is no room for any more.
    @discardableResult
    private func change<Outcome>(_ change: (inout State) -> Outcome) -> Outcome {
        var next: [CheckedContinuation<Void, Never>] = []
        var surplus: [MemoryBuffer] = []
        let outcome = state.withLock { state in
            let outcome = change(&state)
            while state.firstWaiting < state.waiting.count, admits(state.waiting[state.firstWaiting].bytes, state) {
                note(state.waiting[state.firstWaiting].bytes, &state)
                next.append(state.waiting[state.firstWaiting].continuation)
                state.firstWaiting += 1
            }
            if state.firstWaiting * 2 > state.waiting.count {
                state.waiting.removeFirst(state.firstWaiting)
                state.firstWaiting = 0
            }
            state.peak = max(state.peak, state.used)
            while !state.idle.isEmpty, state.used + state.idleBytes > total { surplus.append(state.idle.removeFirst()) }
            return outcome
        }
        for buffer in surplus { buffer.deallocate() }
        for continuation in next { continuation.resume() }
        return outcome
    }
}

/// Memory that is held until nobody has the share any more.
public final class MemoryShare: Sendable {
    private let bytes: Int
    private let budget: MemoryBudget

    fileprivate init(_ bytes: Int, of budget: MemoryBudget) {
        self.bytes = bytes
        self.budget = budget
    }

    deinit {
        budget.release(bytes)
    }
}
