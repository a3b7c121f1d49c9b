import Glibc
import ObjectStore
import Platform
import Synchronization

/// A folder that somebody reads, page after page.
///
/// Positions hold for as long as the folder is open: they name a page, the place in it, and something of the name there,
/// so that a page that was given up and is listed again is continued behind the same name. Of the pages only the last few
/// are kept; of each other one it is known where it begins.
final class FolderReading: Sendable {
    private struct State {
        /// Names that the pages may not have yet, as they were when the reading began.
        var local: NamesThere?
        var starts: [PageLink] = []
        var recent: [(link: PageLink, page: ListedPage)] = []
    }

    let folder: NodeID
    private let tree: BucketTree
    private let state = Mutex(State())

    private static let kept = 2

    init(_ folder: NodeID, _ tree: BucketTree) {
        self.folder = folder
        self.tree = tree
    }

    /// What has been added to an answer so far. Unchecked, since it is one thread's at a time: it goes from hand to hand.
    private final class Answer: @unchecked Sendable {
        let page: any FolderPage
        let reply: Reply<Void>
        var count = 0
        var held: [NodeID] = []

        init(_ page: any FolderPage, _ reply: Reply<Void>) {
            self.page = page
            self.reply = reply
        }
    }

    func read(after position: UInt64, into page: any FolderPage, _ reply: Reply<Void>) {
        let answer = Answer(page, reply)
        guard let prefix = tree.prefix(of: folder) else { return fail(.notThere, answer) }
        if position == 0 {
            let names = NamesThere(in: folder, of: tree)
            state.withLock { state in
                state.local = names
                state.starts = []
                state.recent = []
            }
        }
        if position < 2, !addDots(from: Int(position), answer) { return send(answer) }
        if position == 0 { tree.walk(on: prefix) }
        guard addLocal(after: position, answer) else { return send(answer) }
        let place = FolderPosition(position)
        visit(link(place.page, prefix), place, answer)
    }

    /// The way to a page, or to the nearest before it that is known.
    private func link(_ number: Int, _ prefix: ObjectKey) -> PageLink {
        let known = state.withLock { state -> PageLink? in
            for recent in state.recent.reversed() {
                if recent.link.number == number { return recent.link }
                if recent.link.number == number - 1, let next = recent.page.next { return next }
            }
            return state.starts.isEmpty ? nil : state.starts[min(number, state.starts.count - 1)].again()
        }
        return known ?? tree.firstLink(of: prefix)
    }

    private func visit(_ link: PageLink, _ place: FolderPosition, _ answer: Answer) {
        let page = tree.page(link) { [self] result in
            switch result {
            case .success(let page): go(on: page, link, place, answer)
            case .failure(let error): answer.count > 0 ? send(answer) : fail(error, answer)
            }
        }
        if let page { go(on: page, link, place, answer) }
    }

    private func go(on page: ListedPage, _ link: PageLink, _ place: FolderPosition, _ answer: Answer) {
        var (page, link, place) = (page, link, place)
        note(page, link)
        while true {
            tree.prefetch(page.next, count: tree.settings.pagesAhead)
            if link.number >= place.page {
                let start = link.number == place.page ? place.start(in: page.entries) : 0
                do throws(SystemError) {
                    guard try add(page, from: start, number: link.number, answer) else { return send(answer) }
                } catch {
                    return answer.count > 0 ? send(answer) : fail(error, answer)
                }
            }
            guard let next = page.next else { return send(answer) }
            guard let following = next.page else {
                // What is there already need not wait.
                if answer.count > 0 { return send(answer) }
                return visit(next, place, answer)
            }
            (page, link) = (following, next)
            note(page, link)
        }
    }

    private func note(_ page: ListedPage, _ link: PageLink) {
        state.withLock { state in
            if state.starts.count == link.number { state.starts.append(link.again()) }
            state.recent.removeAll { $0.link.number == link.number }
            state.recent.append((link, page))
            if state.recent.count > Self.kept { state.recent.removeFirst() }
        }
    }

    // MARK: Names

    private func addDots(from index: Int, _ answer: Answer) -> Bool {
        for (index, name) in ["." as StaticString, ".."].enumerated().dropFirst(index) {
            let bytes = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            guard answer.page.add(bytes, tree.dotEntry(folder, isParent: index == 1), position: UInt64(index + 1))
            else { return false }
            answer.count += 1
        }
        return true
    }

    /// Positions of names that are not from pages: above those of all others.
    private static let localPositions: UInt64 = 1 << 62

    private func addLocal(after position: UInt64, _ answer: Answer) -> Bool {
        let isWithin = position >= Self.localPositions
        guard isWithin || position <= 2 else { return true }
        let start = isWithin ? Int(position - Self.localPositions) : 0
        let names = state.withLock { $0.local?.names ?? [] }
        for (index, name) in names.enumerated().dropFirst(start) {
            guard let entry = tree.entry(local: name, in: folder, isDetailed: answer.page.isDetailed) else { continue }
            let wasAdded = name.withUnsafeBytes {
                answer.page.add($0, entry, position: Self.localPositions + UInt64(index + 1))
            }
            guard note(wasAdded, entry, answer) else { return false }
        }
        return true
    }

    /// Whether there is room for more.
    private func note(_ wasAdded: Bool, _ entry: Entry, _ answer: Answer) -> Bool {
        if wasAdded {
            answer.count += 1
            if answer.page.isDetailed { answer.held.append(entry.attributes.node) }
        } else if answer.page.isDetailed {
            tree.forget(entry.attributes.node, count: 1)
        }
        return wasAdded
    }

    /// False when the answer is full.
    private func add(
        _ page: ListedPage, from start: Int, number: Int, _ answer: Answer
    ) throws(SystemError) -> Bool {
        let isLocal = state.withLock { $0.local?.all ?? [] }
        for index in start..<max(start, page.entries.count) {
            if !isLocal.isEmpty, page.entries.withName(index, { isLocal.contains(Array($0)) }) { continue }
            guard let entry = try tree.entry(page, index, in: folder, isDetailed: answer.page.isDetailed) else {
                continue
            }
            let wasAdded = page.entries.withName(index) { name in
                answer.page.add(
                    name, entry, position: FolderPosition(page: number, index: index, name).number)
            }
            guard note(wasAdded, entry, answer) else { return false }
        }
        return true
    }

    private func send(_ answer: Answer) {
        if !answer.reply.answer(()) { giveBack(answer) }
    }

    /// C libraries take ENOENT for the end of the folder: what is gone would look empty.
    private func fail(_ error: SystemError, _ answer: Answer) {
        giveBack(answer)
        answer.reply.fail(error == .notThere ? .stale : error)
    }

    private func giveBack(_ answer: Answer) {
        for node in answer.held { tree.forget(node, count: 1) }
    }
}

/// A place behind a name: the page's number, the name's index, and a mark of the name.
struct FolderPosition {
    let page: Int
    private let index: Int
    private let mark: UInt16

    /// Of 0 to 2 the first page.
    init(_ number: UInt64) {
        let number = number >= 1 << 62 ? 0 : number
        page = max(0, Int(number >> 32 & 0x7FFF_FFFF) - 1)
        index = Int(number >> 16 & 0xFFFF) - 1
        mark = UInt16(truncatingIfNeeded: number)
    }

    init(page: Int, index: Int, _ name: UnsafeRawBufferPointer) {
        self.page = page
        self.index = index
        mark = Self.mark(name)
    }

    var number: UInt64 { UInt64(page + 1) << 32 | UInt64(index + 1) << 16 | UInt64(mark) }

    /// Where to go on. If the page was listed again and the name stands elsewhere now, behind it; if it is gone, at the
    /// page's beginning: then names come twice, but none is left out.
    func start(in entries: PackedEntries) -> Int {
        guard index >= 0 else { return 0 }
        for distance in 0..<max(entries.count, index + 1) {
            for candidate in [index - distance, index + distance] where entries.indices.contains(candidate) {
                if entries.withName(candidate, Self.mark) == mark { return candidate + 1 }
            }
        }
        return 0
    }

    private static func mark(_ name: UnsafeRawBufferPointer) -> UInt16 {
        let hash = name.reduce(UInt32(2_166_136_261)) { hash, byte in (hash ^ UInt32(byte)) &* 16_777_619 }
        return UInt16(truncatingIfNeeded: hash ^ hash >> 16)
    }
}
