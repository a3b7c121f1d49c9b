public import ObjectStore
import Platform
import Synchronization

extension BucketTree {
    /// Where to begin reading a folder: a listing that somebody else has begun a moment ago, or a new one.
    func firstLink(of prefix: ObjectKey) -> PageLink {
        let now = settings.now()
        return state.withLock { state in
            if let first = state.pages.first(of: prefix), validity(first.asked, now) != nil { return first.link }
            let link = PageLink(prefix, number: 0, PageLink.Start())
            state.pages.begin(link, asked: now)
            return link
        }
    }

    /// The page, if it is there; else the waiter is called when it is.
    func page(_ link: PageLink, _ waiter: @escaping PageLink.Waiter) -> ListedPage? {
        switch link.join(waiter) {
        case .there(let page): return page
        case .waiting: return nil
        case .first:
            calls.begin { [self] in await load(link, ahead: 0) }
            return nil
        }
    }

    /// Has pages fetched that will be wanted soon.
    func prefetch(_ link: PageLink?, count: Int) {
        var (link, count) = (link, count)
        while let next = link, count > 0 {
            switch next.join(nil) {
            case .there(let page):
                link = page.next
                count -= 1
            case .waiting: return
            case .first:
                calls.begin { [self, count] in await load(next, ahead: count - 1) }
                return
            }
        }
    }

    /// A folder is about to be read: has others listed that may be read next.
    func walk(on prefix: ObjectKey) {
        guard prefix != settings.root else { return }
        let path = prefix.bytes.dropLast()
        let start = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        let parent = ObjectKey(path[..<start])
        let now = settings.now()
        let next = state.withLock { state in
            let first = state.pages.first(of: prefix)
            return state.walks.next(
                after: Array(path[start...]), in: parent, state.pages.pages(of: parent),
                wasKnown: first.map { validity($0.asked, now) != nil } ?? false)
        }
        for name in next { prefetch(firstLink(of: ObjectKey(parent.bytes + name + [UInt8(ascii: "/")])), count: 1) }
    }

    /// A page that says what there is about a key: the first of the folder, or if that is known and ends before, the one
    /// behind the key. Nothing when it cannot be had.
    func page(of prefix: ObjectKey, around key: ObjectKey) async -> ListedPage? {
        let first = firstLink(of: prefix)
        if let page = first.page, !page.covers(key) {
            guard store.capabilities.listsInOrder else { return nil }
            let link = PageLink(prefix, number: 0, PageLink.Start(after: key, previous: key))
            return await loaded(link)
        }
        return await loaded(first)
    }

    private func loaded(_ link: PageLink) async -> ListedPage? {
        await withCheckedContinuation { continuation in
            let page = page(link) { result in continuation.resume(returning: try? result.get()) }
            if let page { continuation.resume(returning: page) }
        }
    }

    private func load(_ link: PageLink, ahead: Int) async {
        let asked = settings.now()
        let request = ListRequest(
            prefix: link.prefix, grouping: .bySlash, after: link.start.after, continuation: link.start.token)
        switch await list(request) {
        case .failure(let error):
            calls.report(error)
            state.withLock { $0.pages.giveUp(link) }
            link.finish(.failure(SystemError(error)))
        case .success(var listed):
            await complete(&listed, of: link.prefix)
            let making = PageMaking(
                prefix: link.prefix, names: names, mountPoints: mountPoints.names(in: link.prefix),
                isInOrder: store.capabilities.listsInOrder)
            let page = making.page(listed, of: link, asked: asked)
            if let hidden = page.hidden { calls.report(hidden: hidden) }
            link.finish(.success(page))
            state.withLock { $0.pages.add(page, of: link) }
            prefetch(page.next, count: ahead)
        }
    }
}

extension BucketTree: Neighbours {
    /// Also from pages that are not believed any more: what comes next in a folder seldom changes, and a file that did
    /// is noticed when it is opened.
    public func files(after file: ObjectKey, count: Int) -> [FileVersion] {
        guard let slash = file.bytes.lastIndex(of: UInt8(ascii: "/")) else {
            return files(after: file.bytes[...], in: "", count: count)
        }
        return files(after: file.bytes[(slash + 1)...], in: ObjectKey(file.bytes[...slash]), count: count)
    }

    private func files(after name: ArraySlice<UInt8>, in prefix: ObjectKey, count: Int) -> [FileVersion] {
        let pages = state.withLock { $0.pages.pages(of: prefix) }
        for page in pages.reversed() {
            guard let index = name.withUnsafeBytes({ page.entries.find($0) }) else { continue }
            var files: [FileVersion] = []
            var (next, page) = (index + 1, page)
            while files.count < count {
                if next == page.entries.count {
                    guard let following = page.next?.page else { break }
                    (next, page) = (0, following)
                    continue
                }
                if page.entries.kind(next) == .file {
                    let facts = page.entries.facts(next, asked: page.asked)
                    let key = page.entries.withName(next) { ObjectKey(prefix.bytes + $0) }
                    files.append(FileVersion(key: key, size: facts.size, version: facts.version))
                }
                next += 1
            }
            return files
        }
        return []
    }
}
