import ObjectStore
import Platform
import Testing

@testable import MountFS

/// Which names keys have in the tree.
struct NameTests {
    @Test func slashesOfKeysMakeFolders() async throws {
        let bucket = MemoryBucket()
        for key in ["a/b/c", "a/b.c", "d"] { bucket.set(ObjectKey(key), [1, 2]) }
        let mount = try TestMount(bucket)
        #expect(try await mount.texts() == ["a", "d"])
        #expect(try await mount.texts(#require(try await mount.find("a")).attributes.node) == ["b.c", "b"])
        #expect(try await mount.find("a/b")?.attributes.kind == .folder)
        #expect(try await mount.find("a/b/c")?.attributes.kind == .file)
        #expect(try await mount.read(#require(try await mount.find("a/b/c")).attributes.node) == [1, 2])
    }

    @Test func aFolderHidesAnObjectOfItsName() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1])
        bucket.set("a/b", [2])
        let mount = try TestMount(bucket)
        #expect(try await mount.find("a")?.attributes.kind == .folder)
        #expect(try await mount.list().map(\.entry.attributes.kind) == [.folder])
        #expect(mount.lines.all == ["a: has no place in a tree of files and is not shown"])
    }

    /// In the order of keys a thousand names may come between an object and the folder that hides it.
    @Test(arguments: [1, 2, 3, 7, 1000]) func aFolderHidesAnObjectPagesBefore(pageSize: Int) async throws {
        let bucket = MemoryBucket(pageSize: pageSize)
        for key in ["a", "a!", "a!/x", "a-1", "a.b", "a.c", "a/b", "a0", "b", "b!", "c"] { bucket.set(ObjectKey(key)) }
        let mount = try TestMount(bucket)
        let names = try await mount.list(isDetailed: true)
        let kinds = Dictionary(uniqueKeysWithValues: names.map { ($0.text, $0.entry.attributes.kind) })
        #expect(
            kinds == [
                "a": .folder, "a!": .folder, "a-1": .file, "a.b": .file, "a.c": .file, "a0": .file, "b": .file,
                "b!": .file, "c": .file,
            ])
    }

    /// A page from behind such an object does not know it.
    @Test func anObjectThatWaitsForItsFolderIsFound() async throws {
        let bucket = MemoryBucket(pageSize: 1)
        for key in ["a", "a!", "b"] { bucket.set(ObjectKey(key)) }
        let mount = try TestMount(bucket) { $0.pagesAhead = 0 }
        for _ in 0..<2 { _ = await mount.tree.page(of: "", around: "a!") }
        #expect(try await mount.find("a")?.attributes.kind == .file)
        #expect(try await mount.find("c") == nil)
    }

    /// What a later page says of it is as old as the page that held it back.
    @Test func anObjectThatWaitedForItsFolderMayBeGone() async throws {
        let bucket = MemoryBucket.writable(pageSize: 1)
        for key in ["a", "a!", "a#", "b"] { bucket.set(ObjectKey(key)) }
        let mount = try TestMount(bucket, staging: try TestStaging()) { $0.pagesAhead = 0 }
        let handle = try await mount.openFolder(.root)
        #expect(try await mount.readFolder(.root, handle, after: 2, room: 1).map(\.text) == ["a!"])
        mount.files.releaseFolder(.root, handle)
        mount.pass(milliseconds: 1)
        try await TestProgram(mount).remove("a")
        mount.pass(milliseconds: 1)
        #expect(try await mount.texts() == ["a!", "a#", "b"])
    }

    @Test func serversWithoutOrderMayShowBoth() async throws {
        let bucket = MemoryBucket(pageSize: 1, listsInOrder: false)
        for key in ["a", "a!", "a/b"] { bucket.set(ObjectKey(key)) }
        let mount = try TestMount(bucket)
        #expect(try await mount.texts() == ["a", "a!", "a"])
        #expect(try await mount.find("a")?.attributes.kind == .folder)
        #expect(try await mount.lookUp("none".utf8) == nil)
    }

    @Test func segmentsThatCannotBeNamesAreNotShown() async throws {
        let bucket = MemoryBucket()
        let long = String(repeating: "x", count: 256)
        for key in ["a//b", "/lead", "./dot", "c/../d", "c/.", "nul\0", long, "\(long)/in", "ok/"] {
            bucket.set(ObjectKey(key))
        }
        let mount = try TestMount(bucket)
        #expect(try await mount.texts() == ["a", "c", "ok"])
        for folder in ["a", "c", "ok"] {
            #expect(try await mount.texts(#require(try await mount.find(folder)).attributes.node) == [])
        }
        #expect(!mount.lines.all.isEmpty)
        await #expect(throws: SystemError(code: 36)) { try await mount.lookUp(long.utf8) }
        for name in ["..", ".", "nul\0"] { #expect(try await mount.lookUp(name.utf8) == nil) }
    }

    @Test func contentBehindASlashIsReported() async throws {
        let bucket = MemoryBucket()
        bucket.set("d/", [1, 2, 3])
        let mount = try TestMount(bucket)
        let folder = try #require(try await mount.find("d"))
        #expect(folder.attributes.kind == .folder && folder.attributes.size == 0)
        #expect(try await mount.texts(folder.attributes.node) == [])
        #expect(mount.lines.all == ["d/: has no place in a tree of files and is not shown"])
    }

    @Test func namesAreBytesWhereTheStoreHasThem() async throws {
        let name: [UInt8] = [0xFF, 0x0A, 0x20]
        for anyBytes in [true, false] {
            let bucket = MemoryBucket(keysMayBeAnyBytes: anyBytes)
            bucket.set(ObjectKey(name), [1])
            let mount = try TestMount(bucket)
            #expect(try await mount.list().map(\.name) == (anyBytes ? [name] : []))
            #expect(try await mount.lookUp(name)?.attributes.kind == (anyBytes ? .file : nil))
        }
    }

    @Test func theLongestKeysAndNamesAreReached() async throws {
        let bucket = MemoryBucket()
        let deep = (0..<512).map { _ in "d" }.joined(separator: "/") + "x"
        let long = String(repeating: "é", count: 127) + "x"
        bucket.set(ObjectKey(deep), [1])
        bucket.set(ObjectKey(long), [2])
        #expect(deep.utf8.count == 1024 && long.utf8.count == 255)
        let mount = try TestMount(bucket)
        #expect(try await mount.find(deep)?.attributes.size == 1)
        #expect(try await mount.read(#require(try await mount.find(long)).attributes.node) == [2])
    }

    @Test func nothingOutsideThePrefixIsVisible() async throws {
        let bucket = MemoryBucket()
        for key in ["p/in", "p1", "p1/x", "out", "p", "p//x"] { bucket.set(ObjectKey(key)) }
        let mount = try TestMount(bucket, root: "p/")
        #expect(try await mount.texts() == ["in"])
        for name in ["out", "p1", "p", "..", "x"] { #expect(try await mount.lookUp(name.utf8) == nil) }
    }

    @Test func aPrefixWithoutObjectsIsAnEmptyFolder() async throws {
        let mount = try TestMount(MemoryBucket(), root: "none/")
        #expect(try await mount.texts() == [])
        #expect(try await mount.attributes(of: .root).kind == .folder)
    }

    @Test func aSingleObjectIsAFile() async throws {
        let bucket = MemoryBucket()
        bucket.set("dir/model", [1, 2, 3])
        bucket.set("dir/model/below", [4])
        let mount = try TestMount(bucket, root: "dir/model") { $0.isSingleObject = true }
        let attributes = try await mount.attributes(of: .root)
        #expect(attributes.kind == .file && attributes.size == 3)
        #expect(try await mount.read(.root) == [1, 2, 3])
        await #expect(throws: SystemError(code: 20)) { try await mount.lookUp("x".utf8) }
        bucket.remove("dir/model")
        mount.pass(milliseconds: 1001)
        await #expect(throws: SystemError.notThere) { try await mount.attributes(of: .root) }
    }
}
