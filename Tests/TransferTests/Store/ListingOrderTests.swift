import ObjectStore
import Plan
import Platform
import TestSupport
import Testing

/// Which buckets are listed by groups side by side, and why not all.
struct ListingOrderTests {
    private func keys(_ store: MemoryStore) throws -> Set<String> {
        let preflight = try StoreSandbox(store).preflight()
        var keys: Set<String> = []
        for source in try #require(preflight.mounts.first).sources {
            var items = source.items
            while let item = try items.next() { keys.insert(item.path.text) }
        }
        return keys
    }

    private func store(
        _ keys: some Sequence<String>, pageSize: Int = 2, _ order: MemoryStore.Order, claimsOrder: Bool
    ) -> MemoryStore {
        let store = MemoryStore(pageSize: pageSize, order: order, claimsOrder: claimsOrder)
        for key in keys { store.set(ObjectKey(key), Array(key.utf8)) }
        return store
    }

    /// A server may have another order and show none but pages in order, of the keys that were asked for: nothing that is seen
    /// tells that one is missing. So it is not looked for; whoever is not known is walked page after page.
    @Test func disorderCannotAlwaysBeSeen() throws {
        let all: Set<String> = ["a!x", "a/1", "a/2"]
        let believed = store(all, .ofFolders, claimsOrder: true)
        #expect(try keys(believed) == ["a/1", "a/2"])
        #expect(try keys(store(all, .ofFolders, claimsOrder: false)) == all)
    }

    /// A page takes its time; groups are asked for meanwhile, but not all at once.
    @Test(arguments: [true, false]) func groupsSideBySide(claimsOrder: Bool) throws {
        let all = Set((0..<40).flatMap { group in (0..<30).map { "g\(group)/\($0)" } })
        let store = MemoryStore(pageSize: 50, claimsOrder: claimsOrder, listMilliseconds: 10)
        for key in all { store.set(ObjectKey(key), []) }
        #expect(try keys(store) == all)
        #expect((claimsOrder ? 8...16 : 1...1).contains(store.mostListsAtOnce))
    }

    /// Of an unknown server nothing is asked that could leave out a key: no groups, and no beginning behind a key.
    @Test(arguments: [MemoryStore.Order.ofBytes, .ofFolders]) func unknownServersAreWalked(order: MemoryStore.Order)
        throws
    {
        var generator = SeededGenerator(seed: 7)
        let letters = ["a", "b", "!", "/", "-", "0"]
        for _ in 0..<20 {
            var all: Set<String> = []
            for _ in 0..<60 {
                let key = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                    letters.randomElement(using: &generator)!
                }
                all.insert("k" + key.joined().replacing("//", with: "/").replacing("//", with: "/") + "z")
            }
            let shown = all.filter { key in !all.contains { $0.hasPrefix(key + "/") } }
            let unknown = store(shown, pageSize: 7, order, claimsOrder: false)
            #expect(try keys(unknown) == shown)
            #expect(unknown.lists.allSatisfy { $0.after == nil && $0.grouping == ListRequest.Grouping.none })
            #expect(try keys(store(shown, pageSize: 7, .ofBytes, claimsOrder: true)) == shown)
        }
    }
}
