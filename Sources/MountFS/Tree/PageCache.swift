import ObjectStore
import Platform

/// The pages that came last, of all folders together, in bounded memory. For a while they are believed; after that they
/// still tell which names are near one another.
struct PageCache {
    private struct Folder {
        /// The first page of the listing that began last, and when.
        var first: (link: PageLink, asked: Int)?
        var pages: [ListedPage] = []
    }

    private let room: Int
    private var folders: [ObjectKey: Folder] = [:]
    /// The oldest first.
    private var pages: [(page: ListedPage, link: PageLink)?] = []
    private var gone = 0
    private(set) var footprint = 0
    /// What was asked for up to then may tell of folders that are not there any more.
    private var believedFrom = Int.min

    init(room: Int) {
        self.room = room
    }

    /// The newest last.
    func pages(of prefix: ObjectKey) -> [ListedPage] { folders[prefix]?.pages ?? [] }

    func first(of prefix: ObjectKey) -> (link: PageLink, asked: Int)? { folders[prefix]?.first }

    mutating func begin(_ link: PageLink, asked: Int) { folders[link.prefix, default: Folder()].first = (link, asked) }

    mutating func add(_ page: ListedPage, of link: PageLink) {
        guard page.asked > believedFrom else { return giveUp(link) }
        folders[page.prefix, default: Folder()].pages.append(page)
        pages.append((page, link))
        footprint += page.entries.footprint
        while footprint > room, gone < pages.count - 1 { removeOldest() }
        if gone > 256, gone * 2 > pages.count {
            pages.removeFirst(gone)
            gone = 0
        }
    }

    /// A listing has not come to its first page.
    mutating func giveUp(_ link: PageLink) {
        guard folders[link.prefix]?.first?.link === link else { return }
        folders[link.prefix]?.first = nil
        removeIfEmpty(link.prefix)
    }

    /// Nothing that is known of the folder is believed any more.
    mutating func forget(_ prefix: ObjectKey) { folders[prefix] = nil }

    /// Nor of what is in it, however deep, also if it is still on its way.
    mutating func forget(below prefix: ObjectKey, at time: Int) {
        believedFrom = time
        for folder in folders.keys where folder.hasPrefix(prefix) { forget(folder) }
    }

    /// A page leads to those behind it, so the way to it is given up as well.
    private mutating func removeOldest() {
        defer { gone += 1 }
        guard let (page, link) = pages[gone] else { return }
        pages[gone] = nil
        footprint -= page.entries.footprint
        link.letGo()
        folders[page.prefix]?.pages.removeAll { $0 === page }
        if folders[page.prefix]?.first?.link === link { folders[page.prefix]?.first = nil }
        removeIfEmpty(page.prefix)
    }

    private mutating func removeIfEmpty(_ prefix: ObjectKey) {
        if let folder = folders[prefix], folder.first == nil, folder.pages.isEmpty { folders[prefix] = nil }
    }
}
