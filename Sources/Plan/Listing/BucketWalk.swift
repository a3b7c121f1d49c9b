import ObjectStore
import Platform
import Synchronization

/// Lists everything below a prefix, with requests side by side where there is more than a page. What is left is divided by
/// the next slash of its keys, or where the pages behind may end (`KeyProgress`), and each share may be divided again; what
/// cannot be divided comes page after page.
final class BucketWalk: Sendable {
    struct Found: Sendable {
        var listing: SourceListing
        var archived = ArchivedObjects()
        /// Also what the filter leaves out counts: the prefix is no mistake then.
        var isSomethingThere = false
        var borders = ListingBorders()

        init(in space: ListingSpace) {
            listing = SourceListing(in: space)
        }
    }

    let store: any ObjectStore
    let root: ObjectKey
    private let filter: ItemFilter
    private let memory: MemoryBudget
    let found: Mutex<Found>
    let guesses = Mutex(Guesses())

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
        return found.withLock { found in
            for (file, path) in found.borders.conflicts { found.listing.leaveOut(file, asFolderOf: path) }
            return found
        }
    }

    private func visit(_ share: Share) async -> Result<[Share], StoreError> {
        do throws(StoreError) {
            return .success(try await list(share))
        } catch {
            return .failure(error)
        }
    }

    /// Lists a share, or its beginning and what else there is to list.
    private func list(_ whole: Share) async throws(StoreError) -> [Share] {
        var share = whole
        var collector = share.collector ?? ItemCollector(prefix: root, filter: filter, store.capabilities)
        var request = ListRequest(prefix: share.prefix, after: share.after, showsFolders: true)
        var page = try await ask(request)
        if share.isGuess { guesses.withLock { $0.note(share.holds(page.objects.first?.key)) } }
        while true {
            let objects = page.objects.prefix { share.holds($0.key) }
            append(objects, &collector)
            note(objects, behind: share.border, collector)
            guard let next = page.next, share.goesOn(behind: page.objects.last?.key) else { break }
            // What cannot be kept need not be asked for.
            guard found.withLock({ $0.listing.failure == nil }) else { return [] }
            // "Behind the last key" says something only where keys come in their order.
            if store.capabilities.listsInOrder,
                let shares = try await divide(&share, behind: page, &collector, isFirst: request.continuation == nil)
            {
                return shares
            }
            request.continuation = next
            page = try await ask(request)
        }
        noteFiles(collector, upTo: share.until)
        return []
    }

    // MARK: Pages

    func ask(_ request: ListRequest) async throws(StoreError) -> ListPage {
        await memory.take(Self.pageMemory)
        defer { memory.giveBack(Self.pageMemory) }
        return try await store.list(request)
    }

    func append(_ objects: ArraySlice<ObjectInfo>, _ collector: inout ItemCollector) {
        guard !objects.isEmpty else { return }
        found.withLock { found in
            found.isSomethingThere = true
            for object in objects { collector.append(object, to: &found) }
        }
    }
}
