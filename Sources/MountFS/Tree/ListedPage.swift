import ObjectStore
import Platform
import Synchronization

/// A page of a folder's listing as the tree shows it. Pages are shared by all who read the folder, and each leads to
/// the next.
final class ListedPage: Sendable {
    let prefix: ObjectKey
    let entries: PackedEntries
    /// When the store was asked; of pages with objects that others held back, when it was asked for those.
    let asked: Int
    /// All keys behind the first and up to the second are here, where the order of keys means something; nothing: from
    /// the beginning, to the end.
    let covers: (after: ObjectKey?, through: ObjectKey?)?
    /// The whole folder.
    let isWhole: Bool
    /// The folder's own object.
    let marker: ObjectInfo?
    /// Of objects that the tree does not show, the first.
    let hidden: ObjectKey?
    let next: PageLink?

    init(
        _ prefix: ObjectKey, _ entries: PackedEntries, asked: Int,
        covers: (after: ObjectKey?, through: ObjectKey?)?, isWhole: Bool, marker: ObjectInfo?, hidden: ObjectKey?,
        next: PageLink?
    ) {
        self.prefix = prefix
        self.entries = entries
        self.asked = asked
        self.covers = covers
        self.isWhole = isWhole
        self.marker = marker
        self.hidden = hidden
        self.next = next
    }

    /// Whether a name can be here, of which these would be the keys as a file and as a folder. Files that were held back
    /// stand behind their place.
    func mayShow(_ file: ObjectKey, _ folder: ObjectKey) -> Bool {
        guard let covers else { return true }
        return self.covers(file) || self.covers(folder) || covers.after?.hasPrefix(file) == true
    }

    /// Whether it is for a later page to say that the object is there.
    func holdsBack(_ key: ObjectKey) -> Bool { next?.start.heldBack.contains { $0.key == key } ?? false }

    func covers(_ key: ObjectKey) -> Bool {
        guard let covers else { return isWhole }
        return covers.after.map { $0 < key } ?? true && covers.through.map { key <= $0 } ?? true
    }
}

/// The way to a page: where it begins, and the page itself when somebody has asked for it.
final class PageLink: Sendable {
    let prefix: ObjectKey
    /// How many pages are before it.
    let number: Int
    let start: Start

    struct Start: Sendable {
        var token: ContinuationToken?
        /// Only keys behind this one are listed.
        var after: ObjectKey?
        /// The last key of the page before.
        var previous: ObjectKey?
        /// Objects of the page before that may have the name of a folder on this one.
        var heldBack: [ObjectInfo] = []
        /// When the store was asked for the first of those.
        var heldBackAsked = Int.max
    }

    typealias Waiter = @Sendable (Result<ListedPage, SystemError>) -> Void

    private enum State {
        case unasked
        case asked([Waiter])
        case there(ListedPage)
    }

    private let state = Mutex(State.unasked)

    init(_ prefix: ObjectKey, number: Int, _ start: Start) {
        self.prefix = prefix
        self.number = number
        self.start = start
    }

    /// The same place, not asked for yet.
    func again() -> PageLink { PageLink(prefix, number: number, start) }

    var page: ListedPage? {
        state.withLock { state in
            if case .there(let page) = state { page } else { nil }
        }
    }

    enum Joined {
        case there(ListedPage)
        /// The waiter will be called.
        case waiting
        /// The same, and the page is to be asked for by who got this.
        case first
    }

    func join(_ waiter: Waiter?) -> Joined {
        state.withLock { state in
            switch state {
            case .there(let page): return .there(page)
            case .unasked:
                state = .asked(waiter.map { [$0] } ?? [])
                return .first
            case .asked(let waiters):
                if let waiter { state = .asked(waiters + [waiter]) }
                return .waiting
            }
        }
    }

    /// The page is not kept for those who come later; they ask again.
    func letGo() {
        state.withLock { state in
            if case .there = state { state = .unasked }
        }
    }

    /// After a failure the page can be asked for again.
    func finish(_ result: Result<ListedPage, SystemError>) {
        let waiters = state.withLock { state -> [Waiter] in
            guard case .asked(let waiters) = state else { return [] }
            if case .success(let page) = result { state = .there(page) } else { state = .unasked }
            return waiters
        }
        for waiter in waiters { waiter(result) }
    }
}
