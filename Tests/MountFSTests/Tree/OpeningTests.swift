import Glibc
import ObjectStore
import Platform
import Testing

@testable import MountFS

/// Files that are opened while others change them, and folders that are read.
struct OpeningTests {
    @Test func contentThatTheKernelHasStaysWhileTheVersionDoes() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1])
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.lookUp("a".utf8)).attributes.node
        func open() async throws(SystemError) -> OpenFile.Caching {
            let open = try await answer { mount.files.open(node, Access(flags: O_RDONLY), by: .test, $0) }
            mount.files.release(node, open.handle)
            return open.caching
        }
        #expect(try await open() == .fresh)
        #expect(try await open() == .kept)
        mount.pass(milliseconds: 1001)
        #expect(try await open() == .kept)
        bucket.set("a", [2])
        #expect(try await open() == .kept)
        mount.pass(milliseconds: 1001)
        #expect(try await open() == .fresh)
        #expect(try await open() == .kept)
    }

    @Test func aFileIsOpenedAsItIsThen() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1])
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.lookUp("a".utf8)).attributes.node
        bucket.set("a", [2, 3])
        mount.pass(milliseconds: 1001)
        _ = bucket.takeCalls()
        #expect(try await mount.read(node) == [2, 3])
        #expect(bucket.takeCalls() == [.stat("a"), .read("a")])
    }

    @Test func aVersionThatIsGoneIsStaleOnceAndThenTheNewOneIsOpened() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1, 2])
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.lookUp("a".utf8)).attributes.node
        let open = try await answer { mount.files.open(node, Access(flags: O_RDONLY), by: .test, $0) }
        bucket.set("a", [3, 4, 5])
        await #expect(throws: SystemError(code: ESTALE)) { try await mount.read(node, open.handle, 2) }
        // The kernel looks its name up again then.
        await #expect(throws: SystemError.stale) { try await mount.read(node) }
        let other = try #require(try await mount.lookUp("a".utf8)).attributes.node
        #expect(try await mount.read(other) == [3, 4, 5])
        mount.files.release(node, open.handle)
    }

    /// Else it reads no further than the old one went.
    @Test func theKernelIsToldOfAnotherSize() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1, 2])
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.lookUp("a".utf8)).attributes.node
        func open() async throws -> OpenFile {
            let file = try await answer { mount.files.open(node, Access(flags: O_RDONLY), by: .test, $0) }
            mount.files.release(node, file.handle)
            return file
        }
        #expect(try await !open().hasNewSize)
        bucket.set("a", [3, 4, 5])
        mount.pass(milliseconds: 1001)
        #expect(try await open().hasNewSize)
        #expect(try await !open().hasNewSize)
        bucket.set("a", [6, 7, 8])
        mount.pass(milliseconds: 1001)
        #expect(try await !open().hasNewSize)
    }

    /// Who called has gone before the answer came: the kernel has neither kept what it had nor heard of the size.
    @Test func whatTheKernelDidNotHearItIsToldAnew() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1, 2])
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.lookUp("a".utf8)).attributes.node
        bucket.set("a", [3, 4, 5])
        mount.pass(milliseconds: 1001)
        _ = try await answer(arrives: false) { mount.files.open(node, Access(flags: O_RDONLY), by: .test, $0) }
        // What was told in vain is taken back after the answer.
        for _ in 0..<2000 {
            let file = try await answer { mount.files.open(node, Access(flags: O_RDONLY), by: .test, $0) }
            mount.files.release(node, file.handle)
            if file.hasNewSize && file.caching == .fresh { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("nothing was taken back")
    }

    @Test func onlyFilesAreOpened() async throws {
        let bucket = MemoryBucket()
        bucket.set("d/a")
        bucket.set("l", Array("d".utf8), metadata: ["mode": "41471"])
        let mount = try TestMount(bucket)
        for (name, code) in [("d", EISDIR), ("l", ELOOP)] {
            let node = try #require(try await mount.lookUp(name.utf8)).attributes.node
            await #expect(throws: SystemError(code: code)) {
                _ = try await answer { mount.files.open(node, Access(flags: O_RDONLY), by: .test, $0) }
            }
        }
        let file = try #require(try await mount.find("d/a")).attributes.node
        await #expect(throws: SystemError.notThere) { try await mount.openFolder(file) }
    }

    @Test func aFolderIsListedAnewFromItsBeginning() async throws {
        let bucket = MemoryBucket(pageSize: 2)
        for key in ["a", "b", "c", "d"] { bucket.set(ObjectKey(key)) }
        let mount = try TestMount(bucket)
        let handle = try await mount.openFolder(.root)
        func all() async throws(SystemError) -> [String] {
            var names: [TestPage.Name] = []
            while true {
                let page = try await mount.readFolder(.root, handle, after: names.last?.position ?? 0, room: 3)
                if page.isEmpty { return names.dropFirst(2).map(\.text) }
                names += page
            }
        }
        #expect(try await all() == ["a", "b", "c", "d"])
        bucket.set("e")
        #expect(try await all() == ["a", "b", "c", "d"])
        mount.pass(milliseconds: 1001)
        #expect(try await all() == ["a", "b", "c", "d", "e"])
    }

    @Test func pagesComeAheadOfTheReader() async throws {
        let bucket = MemoryBucket(pageSize: 10)
        for number in 100..<200 { bucket.set(ObjectKey("f\(number)")) }
        let mount = try TestMount(bucket)
        let handle = try await mount.openFolder(.root)
        _ = try await mount.readFolder(.root, handle, after: 0, room: 5)
        var count = 0
        while count < 4 {
            count += bucket.takeCalls().count
            await Task.yield()
        }
        try await Task.sleep(for: .milliseconds(20))
        #expect(count == 4 && bucket.takeCalls().isEmpty)
    }
}
