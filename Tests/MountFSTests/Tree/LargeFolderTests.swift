import Checksums
import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing

@testable import MountFS

/// Folders that do not fit into memory.
@Suite(.serialized) struct LargeFolderTests {
    /// So many keys below `many/`, made up as they are listed.
    private final class EndlessBucket: ReadOnlyStore {
        let capabilities: StoreCapabilities = {
            var can = StoreCapabilities()
            can.listsInOrder = true
            return can
        }()
        private let count: Int
        private let lists = Atomic(0)
        /// Pages behind this one wait.
        let gate = Mutex<(open: Int, waiting: [CheckedContinuation<Void, Never>])>((.max, []))

        init(_ count: Int) {
            self.count = count
        }

        var requests: Int { lists.load(ordering: .relaxed) }

        func openAll() {
            let waiting = gate.withLock { gate in
                gate.open = .max
                defer { gate.waiting = [] }
                return gate.waiting
            }
            for continuation in waiting { continuation.resume() }
        }

        func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
            lists.add(1, ordering: .relaxed)
            let start = request.continuation.flatMap { Int(String(decoding: $0.bytes, as: UTF8.self)) } ?? 0
            await withCheckedContinuation { continuation in
                let goesOn = gate.withLock { gate in
                    guard start > gate.open else { return true }
                    gate.waiting.append(continuation)
                    return false
                }
                if goesOn { continuation.resume() }
            }
            var page = ListPage()
            guard request.prefix == "many/" else {
                page.prefixes = ["many/"]
                return page
            }
            let end = min(count, start + min(request.limit ?? 1000, 1000))
            page.objects = (start..<end).map { number in
                ObjectInfo(
                    key: ObjectKey("many/" + Self.name(number)), size: number,
                    modified: FileTime(seconds: 1_700_000_000, nanoseconds: 0),
                    version: ObjectVersion("0123456789abcdef0123456789abcdef"))
            }
            if end < count { page.next = ContinuationToken("\(end)".utf8) }
            return page
        }

        static func name(_ number: Int) -> String { "file-\(10_000_000 + number)" }

        func stat(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo { throw StoreError(.notFound, "none") }

        func read(
            _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink,
            checksum: Checksum.Algorithm?
        ) async throws(StoreError) -> ReadResult { throw StoreError(.notFound, "none") }
    }

    @Test func theFirstNamesAreThereBeforeTheLast() async throws {
        let bucket = EndlessBucket(1_000_000)
        let mount = try TestMount(bucket)
        let folder = try #require(try await mount.find("many")).attributes.node
        bucket.gate.withLock { $0.open = 0 }
        let handle = try await mount.openFolder(folder)
        let names = try await mount.readFolder(folder, handle, after: 0, room: 5000, isDetailed: true)
        // The last name of a page is shown with the next: a folder of its name may come first there.
        #expect(names.count == 1001)
        #expect(names.last?.text == EndlessBucket.name(998))
        bucket.openAll()
    }

    @Test func aMillionNamesAreListedInBoundedMemory() async throws {
        let count = 1_000_000
        let bucket = EndlessBucket(count)
        let mount = try TestMount(bucket) { $0.listingMemory = 4 << 20 }
        let folder = try #require(try await mount.find("many")).attributes.node
        let handle = try await mount.openFolder(folder)
        var (position, seen, most) = (UInt64(0), 0, 0)
        var pages: [WeakPage] = []
        var middle: TestPage.Name?
        while true {
            let page = try await mount.readFolder(folder, handle, after: position, room: 4000)
            guard let last = page.last else { break }
            seen += page.count
            position = last.position
            if middle == nil, seen > count / 2 { middle = last }
            most = max(most, mount.tree.listingFootprint)
            let known = mount.tree.state.withLock { $0.pages.pages(of: "many/") }
            pages.append(WeakPage(page: known.last))
        }
        #expect(seen == count + 2)
        #expect(most <= 4 << 20)
        // Nothing else keeps them: a page of a thousand such names takes more than 70 KiB.
        #expect(pages.count > 240)
        #expect(pages.count { $0.page != nil } <= (4 << 20) / (70 << 10) + 8)
        #expect(mount.tree.heldNodes == 2)
        #expect(bucket.requests < 1010)

        // What was given up long ago is found again, by one request.
        let back = try #require(middle)
        let requests = bucket.requests
        let number = try #require(Int(back.text.dropFirst(5))) - 10_000_000
        let page = try await mount.readFolder(folder, handle, after: back.position, room: 10)
        #expect(page.first?.text == EndlessBucket.name(number + 1))
        #expect(bucket.requests <= requests + 1 + mount.settings.pagesAhead)
        mount.files.releaseFolder(folder, handle)
    }

    @Test func readersOfOneFolderShareItsPages() async throws {
        let bucket = EndlessBucket(20_000)
        let mount = try TestMount(bucket)
        let folder = try #require(try await mount.find("many")).attributes.node
        let before = bucket.requests
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { try await mount.list(folder, room: 500).count } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts == [Int](repeating: 20_000, count: 8))
        #expect(bucket.requests - before == 20)
    }

    @Test func foldersAreListedAheadOfWhoReadsOneAfterAnother() async throws {
        let bucket = MemoryBucket()
        for folder in 100..<200 { bucket.set(ObjectKey("d\(folder)/f")) }
        let mount = try TestMount(bucket)
        let folders = try await mount.list(isDetailed: true)
        var most = 0
        for folder in folders {
            let text = folder.text
            #expect(try await mount.texts(folder.entry.attributes.node) == ["f"])
            let asked = mount.tree.state.withLock { state in
                (100..<200).last { state.pages.first(of: ObjectKey("d\($0)/")) != nil }
            }
            most = max(most, (asked ?? 0) - (Int(text.dropFirst()) ?? 0))
        }
        #expect(most == 16)
        // Each was listed once all the same.
        #expect(bucket.takeCalls().count == 101)
    }

    @Test func foldersThatAreReadHereAndThereAreListedAlone() async throws {
        let bucket = MemoryBucket()
        for folder in 100..<200 { bucket.set(ObjectKey("d\(folder)/f")) }
        let mount = try TestMount(bucket)
        let folders = try await mount.list(isDetailed: true)
        for step in 1..<50 {
            #expect(try await mount.texts(folders[step * 37 % 100].entry.attributes.node) == ["f"])
        }
        #expect(bucket.takeCalls().count == 50)
    }

    /// A walk that is slower than what is believed gains nothing from what was asked for long before.
    @Test func slowWalksAreNotListedFarAhead() async throws {
        let bucket = MemoryBucket()
        for folder in 100..<200 { bucket.set(ObjectKey("d\(folder)/f")) }
        let mount = try TestMount(bucket)
        for folder in try await mount.list(isDetailed: true) {
            #expect(try await mount.texts(folder.entry.attributes.node) == ["f"])
            mount.pass(milliseconds: 1001)
        }
        #expect(bucket.takeCalls().count < 130)
    }

    @Test func neighboursComeFromWhatIsKnown() async throws {
        let bucket = EndlessBucket(5000)
        let mount = try TestMount(bucket)
        #expect(mount.tree.files(after: ObjectKey("many/\(EndlessBucket.name(3))"), count: 5) == [])
        let folder = try #require(try await mount.find("many")).attributes.node
        _ = try await mount.list(folder, room: 1000)
        mount.pass(milliseconds: 10_000)
        let requests = bucket.requests
        let files = mount.tree.files(after: ObjectKey("many/\(EndlessBucket.name(998))"), count: 5)
        #expect(files.map(\.size) == [999, 1000, 1001, 1002, 1003] && bucket.requests == requests)
        // Whoever reads has the last page before others know of it.
        let last = ObjectKey("many/\(EndlessBucket.name(4998))")
        #expect(await soon { mount.tree.files(after: last, count: 5).count == 1 })
    }

    private struct WeakPage {
        weak var page: ListedPage?
    }
}
