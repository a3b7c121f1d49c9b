import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// Versions that are open while the bucket has others: each has a node, a size and a content of its own.
struct OpenVersionTests {
    private let bucket = MemoryBucket()
    private let old = Content.bytes(5000, seed: 1)

    private struct Reader {
        let mount: TestMount
        let node: NodeID
        let handle: HandleID
        let caching: OpenFile.Caching

        init(_ mount: TestMount, _ node: NodeID) async throws {
            let file = try await answer { mount.files.open(node, Access(flags: O_RDONLY), by: .test, $0) }
            (self.mount, self.node, handle, caching) = (mount, node, file.handle, file.caching)
        }

        /// As the kernel does before it reads on.
        func size(_ mount: TestMount? = nil) async throws -> Int {
            try await (mount ?? self.mount).attributes(of: node, handle).size
        }

        func read(_ count: Int = 1 << 20) async throws -> [UInt8] { try await mount.read(node, handle, count) }
        func close() { mount.files.release(node, handle) }
    }

    private func reader(_ mount: TestMount) async throws -> Reader {
        try await Reader(mount, try #require(try await mount.lookUp("a".utf8)).attributes.node)
    }

    enum Finder: CaseIterable {
        case reader, name, listing
    }

    /// Whoever finds it out.
    @Test(arguments: Finder.allCases, [0, 10, 5000, 9000])
    func anotherVersionIsAnotherNode(by finder: Finder, size: Int) async throws {
        bucket.set("a", old)
        let mount = try TestMount(bucket)
        let first = try await reader(mount)
        let new = Content.bytes(size, seed: 2)
        bucket.set("a", new)
        mount.pass(milliseconds: 1001)
        switch finder {
        case .reader: #expect(try await first.size() == old.count)
        case .name: #expect(try await mount.lookUp("a".utf8)?.attributes.size == size)
        case .listing: #expect(try await mount.list(isDetailed: true).map(\.entry.attributes.size) == [size])
        }
        // The kernel learns nothing of the new one when it is about to read the old one, and programs that ask are told the truth.
        #expect(try await first.size() == old.count)
        await #expect(throws: SystemError.stale) { try await mount.attributes(of: first.node) }
        await #expect(throws: SystemError.stale) { try await first.read() }
        // Nor can it be opened as that.
        await #expect(throws: SystemError.stale) { try await Reader(mount, first.node) }
        let second = try await reader(mount)
        #expect(second.node != first.node && second.caching == .fresh)
        #expect(try await second.size() == size)
        #expect(try await second.read() == new)
        #expect(try await mount.attributes(of: second.node).size == size)
        first.close()
        #expect(try await reader(mount).node == second.node)
    }

    /// Nobody reads the old one any more.
    @Test func afterTheLastCloseItIsTheSameNode() async throws {
        bucket.set("a", old)
        let mount = try TestMount(bucket)
        let readers = [try await reader(mount), try await reader(mount)]
        for reader in readers { reader.close() }
        bucket.set("a", [1])
        mount.pass(milliseconds: 1001)
        let next = try await reader(mount)
        #expect(next.node == readers[0].node && next.caching == .fresh)
        #expect(try await next.size() == 1)
    }

    @Test func whoeverClosesFirstIsNotTheLast() async throws {
        bucket.set("a", old)
        let mount = try TestMount(bucket)
        let (first, second) = (try await reader(mount), try await reader(mount))
        first.close()
        bucket.set("a", [1])
        mount.pass(milliseconds: 1001)
        #expect(try await second.size() == old.count)
        #expect(try await reader(mount).node != second.node)
    }

    @Test(arguments: [false, true]) func anObjectIsGone(isFoundByName: Bool) async throws {
        bucket.set("a", old)
        let mount = try TestMount(bucket)
        let first = try await reader(mount)
        bucket.remove("a")
        mount.pass(milliseconds: 1001)
        if isFoundByName { #expect(try await mount.lookUp("a".utf8) == nil) }
        #expect(try await first.size() == old.count)
        await #expect(throws: SystemError.stale) { try await mount.attributes(of: first.node) }
        await #expect(throws: SystemError.stale) { try await first.read() }
        #expect(try await mount.lookUp("a".utf8) == nil)
        bucket.set("a", old)
        mount.pass(milliseconds: 1001)
        #expect(try await reader(mount).node != first.node)
    }

    /// Other attributes of the same bytes are no other version.
    @Test func theSameVersionIsTheSameNode() async throws {
        bucket.set("a", old)
        let mount = try TestMount(bucket)
        let first = try await reader(mount)
        for _ in 0..<3 {
            mount.pass(milliseconds: 1001)
            #expect(try await mount.list(isDetailed: true).map(\.entry.attributes.node) == [first.node])
            mount.pass(milliseconds: 1001)
            #expect(try await mount.lookUp("a".utf8)?.attributes.node == first.node)
            #expect(try await first.size() == old.count)
        }
        #expect(try await first.read() == old)
    }

    // MARK: After a crash

    /// The session that comes after does not know how it was opened, but of which version the node is.
    @Test(arguments: Finder.allCases) func aCrashBetween(finder: Finder) async throws {
        bucket.set("a", old)
        let mount = try TestMount(bucket)
        let first = try await reader(mount)
        bucket.set("a", Content.bytes(10, seed: 2))
        let next = try mount.successor()
        switch finder {
        case .reader: await #expect(throws: SystemError.stale) { try await first.size(next) }
        case .name: #expect(try await next.lookUp("a".utf8)?.attributes.size == 10)
        case .listing: #expect(try await next.list(isDetailed: true).map(\.entry.attributes.size) == [10])
        }
        await #expect(throws: SystemError.stale) { try await first.size(next) }
        await #expect(throws: SystemError.stale) { try await next.read(first.node, first.handle, 1) }
        #expect(try await reader(next).node != first.node)
    }

    /// Nobody knows when those of before have closed it.
    @Test func aCrashAndOthersThatClose() async throws {
        bucket.set("a", old)
        let mount = try TestMount(bucket)
        let first = try await reader(mount)
        let next = try mount.successor()
        #expect(try await first.size(next) == old.count)
        let second = try await reader(next)
        #expect(second.node == first.node)
        second.close()
        bucket.set("a", Content.bytes(10, seed: 2))
        next.pass(milliseconds: 1001)
        #expect(try await reader(next).node != first.node)
        await #expect(throws: SystemError.stale) { try await next.attributes(of: first.node) }
    }

    /// One who was there before a crash closes: those who have come since have it open still.
    @Test func aCrashAndOneOfBeforeThatCloses() async throws {
        bucket.set("a", old)
        let mount = try TestMount(bucket)
        let first = try await reader(mount)
        let next = try mount.successor()
        #expect(try await first.size(next) == old.count)
        #expect(try await next.read(first.node, first.handle, 10) == Array(old[..<10]))
        let second = try await reader(next)
        next.files.release(first.node, first.handle)
        bucket.set("a", [1])
        next.pass(milliseconds: 1001)
        #expect(try await reader(next).node != first.node)
        #expect(try await second.size() == old.count)
    }

    /// A folder that goes, with all that is in it, hides nothing.
    @Test func theFolderGoesFirst() async throws {
        bucket.set("d/a", old)
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.find("d/a")).attributes.node
        let first = try await Reader(mount, node)
        bucket.remove("d/a")
        mount.pass(milliseconds: 1001)
        #expect(try await mount.lookUp("d".utf8) == nil)
        #expect(try await first.size() == old.count)
        await #expect(throws: SystemError.stale) { try await mount.attributes(of: node) }
        first.close()
    }

    /// What a page of a listing said before does not come back when somebody has found out more.
    @Test func anOlderPageIsNotBelievedAnyMore() async throws {
        bucket.set("a", old)
        let mount = try TestMount(bucket)
        let first = try await reader(mount)
        mount.pass(milliseconds: 600)
        _ = try await mount.list()
        bucket.set("a", [1])
        mount.pass(milliseconds: 500)
        // Of the node itself more is known than of the page.
        await #expect(throws: SystemError.stale) { try await mount.attributes(of: first.node) }
        #expect(try await mount.lookUp("a".utf8)?.attributes.size == 1)
    }

    // MARK: The root

    /// A single object that is the mount has one node for all of its versions.
    @Test(arguments: [0, 10, 9000]) func aSingleObject(size: Int) async throws {
        bucket.set("a", old)
        let mount = try TestMount(bucket, root: "a") { $0.isSingleObject = true }
        let first = try await Reader(mount, .root)
        let new = Content.bytes(size, seed: 2)
        bucket.set("a", new)
        mount.pass(milliseconds: 1001)
        // The kernel has one size and one content for it, and so it is what is open, for everybody.
        let attributes = try await mount.attributes(of: .root)
        #expect(attributes.size == old.count && attributes.validity.milliseconds == 0)
        #expect(try await first.size() == old.count)
        await #expect(throws: SystemError.stale) { try await first.read() }
        await #expect(throws: SystemError.stale) { try await Reader(mount, .root) }
        first.close()
        #expect(try await mount.attributes(of: .root).size == size)
        let second = try await Reader(mount, .root)
        #expect(second.caching == .fresh)
        #expect(try await second.read() == new)
        #expect(try await second.size() == size)
        bucket.remove("a")
        mount.pass(milliseconds: 1001)
        #expect(try await second.size() == size)
        await #expect(throws: SystemError.notThere) { try await mount.attributes(of: .root) }
    }

    @Test func aSingleObjectAfterACrash() async throws {
        bucket.set("a", old)
        let mount = try TestMount(bucket, root: "a") { $0.isSingleObject = true }
        let first = try await Reader(mount, .root)
        let next = try mount.successor()
        #expect(try await first.size(next) == old.count)
        bucket.set("a", [1])
        next.pass(milliseconds: 1001)
        // Who has asked since is known.
        #expect(try await first.size(next) == old.count)
        // Nobody knows who has it open still: each hears of his own, and what the kernel remembers is not used.
        let last = try mount.successor()
        let attributes = try await last.attributes(of: .root)
        #expect(attributes.size == 1 && attributes.validity.milliseconds == 0)
        await #expect(throws: SystemError.stale) { try await first.size(last) }
        for _ in 0..<2 {
            let second = try await Reader(last, .root)
            #expect(second.caching == .none)
            #expect(try await second.read() == [1])
            #expect(try await second.size() == 1)
            await #expect(throws: SystemError.stale) { try await first.size(last) }
            // Another one at the same time.
            let third = try await Reader(last, .root)
            #expect(third.caching == .none)
            #expect(try await third.read() == [1])
            third.close()
            second.close()
        }
    }
}
