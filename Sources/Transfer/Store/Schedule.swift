import ObjectStore
import Plan
import Synchronization

/// Hands out the work of a copy: small objects whole and large ones in parts, the two side by side so that neither has to wait
/// for the other to end.
final class Schedule: Sendable {
    enum Work: Sendable {
        case whole(source: Int, SourceItem)
        /// The first look at a large object, after which its parts are `add`ed.
        case begin(source: Int, SourceItem)
        /// Some, one beside the other.
        case parts(LargeObject, Range<Int>)
    }

    private struct State {
        var small: Cursor
        var large: Cursor
        /// Those whose parts are not all taken, the oldest first.
        var open: [LargeObject] = []
        var beginning = 0
        var partsUnderWay = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isStopped = false
    }

    private let state: Mutex<State>
    /// How many requests there are at once, and how many parts one of them takes.
    private let shape: @Sendable () -> (requests: Int, parts: Int)

    init(
        _ sources: [StoreCopy.StoreSource], wholeUpTo limit: Int,
        shape: @escaping @Sendable () -> (requests: Int, parts: Int)
    ) {
        self.shape = shape
        // What cannot be read in ranges comes whole, whatever its size.
        let limits = sources.map { $0.opened.store.capabilities.rangedReads ? limit : .max }
        state = Mutex(
            State(
                small: Cursor(sources) { $1.size <= limits[$0] && $1.content != .folder },
                large: Cursor(sources) { $1.size > limits[$0] }))
    }

    /// Of objects that have been begun, and of nothing else.
    init(partsOf objects: [LargeObject]) {
        shape = { (requests: 1, parts: 1) }
        let none = Cursor([]) { _, _ in false }
        state = Mutex(State(small: none, large: none, open: objects))
    }

    /// The next piece of work; nothing when all has been handed out and no more can come.
    func next() async throws(CopyFailure) -> Work? {
        while true {
            let (work, mayWait) = state.withLock { state in
                (Result { () throws(CopyFailure) in try take(&state) }, state.beginning > 0 && !state.isStopped)
            }
            if let work = try work.get() { return work }
            guard mayWait else { return nil }
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.beginning > 0, !state.isStopped else { return false }
                    state.waiting.append(continuation)
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        }
    }

    private func take(_ state: inout State) throws(CopyFailure) -> Work? {
        guard !state.isStopped else { return nil }
        let hasSmall = try state.small.isAnythingLeft()
        let shape = shape()
        // Half of them while there are small objects as well.
        if !hasSmall || state.partsUnderWay < max(1, shape.requests / 2) {
            if let work = try takeParts(shape, &state) { return work }
            // While one is begun others go on with small ones, if there are any.
            if state.beginning < 2 || !hasSmall, let (source, item) = try state.large.next() {
                state.beginning += 1
                return .begin(source: source, item)
            }
        }
        return try state.small.next().map { .whole(source: $0, $1) }
    }

    private func takeParts(
        _ shape: (requests: Int, parts: Int), _ state: inout State
    ) throws(CopyFailure) -> Work? {
        let isLargeLeft = try state.large.isAnythingLeft()
        let isMoreToCome = isLargeLeft || state.beginning > 0 || state.open.count > 1
        while let object = state.open.first {
            // Towards the end all requests shall have as much to do.
            let most = { (missing: Int) in
                isMoreToCome ? shape.parts : min(shape.parts, missing / (2 * max(1, shape.requests)))
            }
            if let parts = object.file.takeParts(most) {
                state.partsUnderWay += 1
                return .parts(object, parts)
            }
            state.open.removeFirst()
        }
        return nil
    }

    /// A large object has been begun; nothing when it was in place.
    func begun(_ object: LargeObject?) {
        wake { state in
            state.beginning -= 1
            if let object { state.open.append(object) }
        }
    }

    func partsEnded() {
        state.withLock { $0.partsUnderWay -= 1 }
    }

    /// Nothing more is handed out.
    func stop() {
        wake { $0.isStopped = true }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// A place in the items of several sources, of which only some count.
private struct Cursor {
    private let sources: [StoreCopy.StoreSource]
    private let counts: @Sendable (_ source: Int, SourceItem) -> Bool
    private var source = 0
    private var items: ItemReader?
    private var ahead: (Int, SourceItem)?

    init(_ sources: [StoreCopy.StoreSource], _ counts: @escaping @Sendable (_ source: Int, SourceItem) -> Bool) {
        self.sources = sources
        self.counts = counts
    }

    mutating func isAnythingLeft() throws(CopyFailure) -> Bool {
        if ahead == nil { ahead = try find() }
        return ahead != nil
    }

    mutating func next() throws(CopyFailure) -> (Int, SourceItem)? {
        if ahead == nil { return try find() }
        defer { ahead = nil }
        return ahead
    }

    private mutating func find() throws(CopyFailure) -> (Int, SourceItem)? {
        while source < sources.count {
            if items == nil { items = sources[source].listed.items }
            while let item = try items?.nextItem() {
                if counts(source, item) { return (source, item) }
            }
            items = nil
            source += 1
        }
        return nil
    }
}
