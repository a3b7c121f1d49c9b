import ObjectStore
import Platform
import Synchronization

extension BucketWalk {
    /// Keys that begin so, behind one key and up to another.
    struct Share {
        var prefix: ObjectKey
        var after: ObjectKey?
        var until: ObjectKey?
        /// What has come before, if it is known.
        var collector: ItemCollector?
        /// The key behind which nobody knew any more what had come before.
        var border: ObjectKey?
        /// Whether there is anything in it was not known.
        var isGuess = false
        /// It has more groups than fit on a page.
        var hasManyGroups = false
    }
}

extension BucketWalk.Share {
    func holds(_ key: ObjectKey) -> Bool { until.map { key <= $0 } ?? true }

    func holds(_ key: ObjectKey?) -> Bool { key.map { holds($0) } ?? false }

    /// Whether a key that comes behind another one may be of it.
    func goesOn(behind key: ObjectKey?) -> Bool { key.flatMap { key in until.map { key < $0 } } ?? true }
}

// MARK: - Dividing

extension BucketWalk {
    /// What of a share is behind a page, in shares that can be listed side by side.
    func divide(
        _ share: inout Share, behind page: ListPage, _ collector: inout ItemCollector, isFirst: Bool
    ) async throws(StoreError) -> [Share]? {
        let hasFolders = page.objects.contains { group(of: $0.key, below: share.prefix) != nil }
        if !hasFolders, let shares = guess(share, behind: page, collector) { return shares }
        // What is left up to a key, and has no folders so far, is little.
        guard hasFolders || share.until == nil else { return nil }
        if isFirst, !share.hasManyGroups {
            let last = page.objects.last?.key ?? share.after
            if let shares = try await group(share, behind: last, &collector) { return shares }
            share.hasManyGroups = true
        }
        return hasFolders ? guess(share, behind: page, collector) : nil
    }

    /// By where the pages behind this one may end.
    private func guess(_ share: Share, behind page: ListPage, _ collector: ItemCollector) -> [Share]? {
        guard store.capabilities.listsFromAnywhere, let last = page.objects.last?.key,
            let progress = KeyProgress(page.objects, below: share.prefix)
        else { return nil }
        let most = guesses.withLock { $0.left }
        let ends = progress.ends(until: share.until, most: most).filter {
            $0 > last && share.holds($0) && $0 != share.until
        }
        guard !ends.isEmpty else { return nil }
        var shares: [Share] = []
        var rest = share
        rest.after = last
        rest.collector = collector
        rest.isGuess = false
        for end in ends {
            var first = rest
            first.until = end
            shares.append(first)
            rest.after = end
            rest.collector = nil
            rest.border = end
            rest.isGuess = true
        }
        return shares + [rest]
    }

    /// By the groups of what comes behind a key, if all of them fit on a page.
    private func group(
        _ share: Share, behind last: ObjectKey?, _ collector: inout ItemCollector
    ) async throws(StoreError) -> [Share]? {
        let page = try await ask(ListRequest(prefix: share.prefix, grouping: .bySlash, after: last))
        var prefixes = page.prefixes.filter(share.holds)
        // Of the group in whose middle the page has ended some servers say nothing more: they take it for listed.
        if let last, let group = group(of: last, below: share.prefix), !prefixes.contains(group) {
            prefixes.insert(group, at: 0)
        }
        let ends = [page.objects.last?.key, page.prefixes.last].compactMap { $0 }.max()
        guard page.next == nil || !share.goesOn(behind: ends), !prefixes.isEmpty else { return nil }
        // In their order, for who lists a group to know which objects its keys begin with.
        var objects = page.objects.prefix { share.holds($0.key) }
        var shares: [Share] = []
        for prefix in prefixes {
            let before = objects.prefix { $0.key < prefix }
            append(before, &collector)
            note(before, behind: share.border, collector)
            objects = objects.dropFirst(before.count)
            shares.append(
                Share(
                    prefix: prefix, after: last.flatMap { $0.hasPrefix(prefix) ? $0 : nil },
                    until: share.until.flatMap { $0.hasPrefix(prefix) ? $0 : nil }, collector: collector,
                    border: share.border))
        }
        append(objects, &collector)
        note(objects, behind: share.border, collector)
        noteFiles(collector, upTo: share.until)
        return shares
    }

    /// The beginning of a key up to the next slash behind a prefix.
    private func group(of key: ObjectKey, below prefix: ObjectKey) -> ObjectKey? {
        let rest = key.bytes.dropFirst(prefix.bytes.count)
        return rest.firstIndex(of: UInt8(ascii: "/")).map { ObjectKey(key.bytes[...$0]) }
    }

    // MARK: Borders

    func noteFiles(_ collector: ItemCollector, upTo key: ObjectKey?) {
        guard let files = key.map(collector.files(atStartOf:)), !files.isEmpty else { return }
        found.withLock { found in for file in files { found.borders.note(file) } }
    }

    func note(_ objects: ArraySlice<ObjectInfo>, behind border: ObjectKey?, _ collector: ItemCollector) {
        guard let border else { return }
        for file in ListingBorders.files(before: border, below: root) {
            let folder = file + "/"
            let below = objects[objects.firstIndex(notBefore: folder)...].prefix { $0.key.hasPrefix(folder) }
            guard let path = below.lazy.compactMap(collector.path).first else { continue }
            found.withLock { $0.borders.note(path, below: relative(file)) }
        }
    }

    private func relative(_ key: ObjectKey) -> RawPath { RawPath(key.bytes.dropFirst(root.bytes.count)) }
}

extension ArraySlice<ObjectInfo> {
    /// Of those in the order of their keys.
    fileprivate func firstIndex(notBefore key: ObjectKey) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if self[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// How often there was something where it was guessed. Where guessing does not pay it ends soon.
struct Guesses {
    private var hits = 0
    private var misses = 0

    mutating func note(_ isHit: Bool) {
        if isHit { hits += 1 } else { misses += 1 }
    }

    /// How many more may be made at once.
    var left: Int { min(15, max(0, 7 + hits - misses)) }
}
