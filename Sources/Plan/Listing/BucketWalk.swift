import ObjectStore
import Platform
import Synchronization

/// Lists everything below a prefix. What does not fit on a page is divided by the next slash of the keys, and the groups are
/// listed side by side, each of which may be divided again; keys without slashes come page after page.
final class BucketWalk: Sendable {
    struct Found: Sendable {
        var listing: SourceListing
        var archived = Archived()
        /// Also what the filter leaves out counts: the prefix is no mistake then.
        var isSomethingThere = false

        init(in space: ListingSpace) {
            listing = SourceListing(in: space)
        }
    }

    /// What cannot be read before it is restored.
    struct Archived: Sendable {
        var count = 0
        var first: ObjectKey?
    }

    /// Keys that begin so and come after another key.
    private struct Share: Sendable {
        var prefix: ObjectKey
        var after: ObjectKey?
    }

    private let store: any ObjectStore
    private let root: ObjectKey
    private let filter: ItemFilter
    private let memory: MemoryBudget
    private let found: Mutex<Found>

    private static let requestsAtOnce = 16
    /// What a page of a thousand keys takes, as text and read.
    private static let pageMemory = 2 << 20

    init(_ store: any ObjectStore, below root: ObjectKey, _ filter: ItemFilter, _ space: ListingSpace) {
        self.store = store
        self.root = root
        self.filter = filter
        memory = space.memory
        found = Mutex(Found(in: space))
    }

    func run() async throws(StoreError) -> Found {
        let failure = await withTaskGroup(of: Result<[Share], StoreError>.self) { group in
            // The last one found is listed first: what waits is then never more than the groups of some pages.
            var waiting = [Share(prefix: root)]
            var underWay = 0
            var failure: StoreError?
            while true {
                while failure == nil, underWay < Self.requestsAtOnce, let share = waiting.popLast() {
                    group.addTask { await self.visit(share) }
                    underWay += 1
                }
                guard let result = await group.next() else { return failure }
                underWay -= 1
                switch result {
                case .success(let shares): waiting += shares.reversed()
                case .failure(let error):
                    failure = failure ?? error
                    group.cancelAll()
                }
            }
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
        var collector = ItemCollector(prefix: root, filter: filter, store.capabilities)
        var request = ListRequest(prefix: share.prefix, after: share.after, showsFolders: true)
        var page = try await ask(request)
        append(page, &collector)
        // "Behind the last key" says something only where keys come in their order.
        if page.next != nil, store.capabilities.listsInOrder,
            let shares = try await divide(share, behind: page.objects.last?.key, &collector)
        {
            return shares
        }
        // What cannot be kept need not be asked for.
        while let next = page.next, found.withLock({ $0.listing.failure == nil }) {
            request.continuation = next
            page = try await ask(request)
            append(page, &collector)
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
            append(before, &collector)
            objects = objects.dropFirst(before.count)
            found.withLock { collector.begin(prefix, of: &$0.listing) }
        }
        append(objects, &collector)
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
        await memory.take(Self.pageMemory)
        defer { memory.giveBack(Self.pageMemory) }
        return try await store.list(request)
    }

    private func append(_ page: ListPage, _ collector: inout ItemCollector) {
        append(page.objects[...], &collector)
    }

    private func append(_ objects: ArraySlice<ObjectInfo>, _ collector: inout ItemCollector) {
        guard !objects.isEmpty else { return }
        found.withLock { found in
            found.isSomethingThere = true
            for object in objects { collector.append(object, to: &found) }
        }
    }
}
