import ObjectStore
import Platform
import Synchronization

/// Lists everything below a prefix. What does not fit on a page is divided by the next slash of the keys, and the groups are
/// listed side by side, each of which may be divided again; keys without slashes come page after page.
final class BucketWalk: Sendable {
    struct Found: Sendable {
        var listing = SourceListing()
        var archived: [ObjectKey] = []
        /// Also what the filter leaves out counts: the prefix is no mistake then.
        var isSomethingThere = false
    }

    /// Keys that begin so and come after another key.
    private struct Share: Sendable {
        var prefix: ObjectKey
        var after: ObjectKey?
    }

    private let store: any ObjectStore
    private let root: ObjectKey
    private let filter: ItemFilter
    private let gate = Gate(requestsAtOnce)
    private let found = Mutex(Found())

    private static let requestsAtOnce = 16

    init(_ store: any ObjectStore, below root: ObjectKey, _ filter: ItemFilter) {
        self.store = store
        self.root = root
        self.filter = filter
    }

    func run() async throws(StoreError) -> Found {
        let failure = await withTaskGroup(of: Result<[Share], StoreError>.self) { group in
            group.addTask { await self.visit(Share(prefix: self.root)) }
            var failure: StoreError?
            for await result in group {
                switch result {
                case .success(let shares):
                    guard failure == nil else { continue }
                    for share in shares { group.addTask { await self.visit(share) } }
                case .failure(let error):
                    failure = failure ?? error
                    group.cancelAll()
                }
            }
            return failure
        }
        if let failure { throw failure }
        return found.withLock { $0 }
    }

    private func visit(_ share: Share) async -> Result<[Share], StoreError> {
        do throws(StoreError) {
            return .success(try await list(share))
        } catch {
            return .failure(error)
        }
    }

    /// Lists a share, or its beginning and what else there is to list.
    private func list(_ share: Share) async throws(StoreError) -> [Share] {
        var collector = ItemCollector(prefix: root, filter: filter)
        var request = ListRequest(prefix: share.prefix, after: share.after)
        var page = try await ask(request)
        try append(page, &collector)
        // "Behind the last key" says something only where keys come in their order.
        if page.next != nil, store.capabilities.listsInOrder,
            let shares = try await divide(share, behind: page.objects.last?.key, &collector)
        {
            return shares
        }
        while let next = page.next {
            request.continuation = next
            page = try await ask(request)
            try append(page, &collector)
        }
        return []
    }

    /// The groups of what comes behind a key, if all of them fit on a page.
    private func divide(
        _ share: Share, behind last: ObjectKey?, _ collector: inout ItemCollector
    ) async throws(StoreError) -> [Share]? {
        let groups = try await ask(ListRequest(prefix: share.prefix, grouping: .bySlash, after: last))
        var prefixes = groups.prefixes
        // Of the group in whose middle the page has ended some servers say nothing more: they take it for listed.
        if let last, let group = group(of: last, below: share.prefix), !prefixes.contains(group) {
            prefixes.insert(group, at: 0)
        }
        guard groups.next == nil, !prefixes.isEmpty else { return nil }
        // In their order, for the collector to see which object has the name of a group.
        var objects = groups.objects[...]
        for prefix in prefixes {
            let before = objects.prefix { $0.key < prefix }
            try append(before, &collector)
            objects = objects.dropFirst(before.count)
            found.withLock { collector.begin(prefix, of: &$0.listing) }
        }
        try append(objects, &collector)
        return prefixes.map { prefix in
            Share(prefix: prefix, after: last.flatMap { $0.hasPrefix(prefix) ? $0 : nil })
        }
    }

    /// The beginning of a key up to the next slash behind a prefix.
    private func group(of key: ObjectKey, below prefix: ObjectKey) -> ObjectKey? {
        let rest = key.bytes.dropFirst(prefix.bytes.count)
        return rest.firstIndex(of: UInt8(ascii: "/")).map { ObjectKey(key.bytes[...$0]) }
    }

    private func ask(_ request: ListRequest) async throws(StoreError) -> ListPage {
        try await gate.pass { () async throws(StoreError) in try await store.list(request) }
    }

    private func append(_ page: ListPage, _ collector: inout ItemCollector) throws(StoreError) {
        try append(page.objects[...], &collector)
    }

    private func append(_ objects: ArraySlice<ObjectInfo>, _ collector: inout ItemCollector) throws(StoreError) {
        guard !objects.isEmpty else { return }
        let result = found.withLock { found in
            Result { () throws(StoreError) in
                found.isSomethingThere = true
                for object in objects { try collector.append(object, to: &found) }
            }
        }
        try result.get()
    }
}
