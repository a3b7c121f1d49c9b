import Foundation
import ObjectStore
import Platform
import TestSupport
import Testing

/// What only a folder has, and what others may do to it.
struct FileStoreTests {
    private let temporary: TemporaryFolder
    private let folder: SharedDescriptor
    private let store: FileStore

    init() throws {
        temporary = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: temporary.path("root"), withIntermediateDirectories: false)
        try temporary.write("secret", to: "outside")
        folder = SharedDescriptor(try .open(RawPath(temporary.path("root")), O_RDONLY | O_DIRECTORY))
        store = FileStore(root: folder, isDurable: false)
    }

    private func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: temporary.path("root/" + path), withIntermediateDirectories: true)
    }

    private func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: temporary.path("root/" + path), withDestinationPath: target)
    }

    // MARK: Links

    @Test func linksAreObjectsAndAreNotFollowed() async throws {
        try await store.put("a/file", "inside")
        try link("up", to: "..")
        try link("secret", to: "../outside")
        try link("absolute", to: temporary.path("outside"))
        try link("a/near", to: "file")
        try link("a/dangling", to: "none")
        let page = try await store.list(ListRequest())
        #expect(page.objects.map(\.key) == ["a/dangling", "a/file", "a/near", "absolute", "secret", "up"])
        #expect(page.objects.first { $0.key == "secret" }?.kind == .symlink(target: "../outside"))
        #expect(try await store.stat("a/near").kind == .symlink(target: "file"))
        for key: ObjectKey in ["secret", "absolute", "a/near"] {
            await expectFailure(.invalid) { () throws(StoreError) in try await store.text(key) }
        }
        await expectFailure(.notFound) { () throws(StoreError) in try await store.text("up/outside") }
        await expectFailure(.notFound) { () throws(StoreError) in try await store.stat("up/outside") }
        #expect(try await store.listAll("up/").keys.isEmpty)
        await expectFailure(.invalid) { () throws(StoreError) in try await store.put("up/new", "x") }
        #expect(try await store.delete([Deletion("up/outside"), Deletion("up")]).count == 2)
        #expect(try temporary.names == ["outside", "root"])
        #expect(try temporary.read("outside") == "secret")
    }

    @Test func writingReplacesALinkAndNotWhatItNames() async throws {
        try link("link", to: "../outside")
        try await store.put("link", "new")
        #expect(try temporary.read("outside") == "secret")
        #expect(try await store.stat("link").kind == .file)
    }

    @Test func linksAreCopiedAndRenamedAsLinks() async throws {
        try link("link", to: "../outside")
        _ = try await store.copy(CopySource("link"), to: "a/copy", nil, if: .ifAbsent)
        _ = try await store.rename("link", to: "b", if: .ifAbsent)
        #expect(try await store.stat("a/copy").kind == .symlink(target: "../outside"))
        #expect(try await store.stat("b").kind == .symlink(target: "../outside"))
    }

    @Test func aFolderThatBecomesALinkBetweenListAndRead() async throws {
        try await store.put("a/outside", "inside")
        let listed = try #require(try await store.list(ListRequest()).objects.first)
        #expect(rename(temporary.path("root/a"), temporary.path("root/b")) == 0)
        try link("a", to: "..")
        await expectFailure(.notFound) { () throws(StoreError) in
            try await store.text(listed.key, of: listed.version)
        }
        await expectFailure(.invalid) { () throws(StoreError) in try await store.put("a/outside", "x") }
        #expect(try temporary.read("outside") == "secret")
    }

    /// Somebody exchanges a folder for a link again and again, while we list, read and write.
    @Test func nothingOutsideIsReachedWhileFoldersTurnIntoLinks() async throws {
        try await store.put("a/outside", "inside")
        try link("trap", to: "..")
        let (a, trap, spare) = (
            temporary.path("root/a"), temporary.path("root/trap"), temporary.path("root/spare")
        )
        let stop = Cancellation()
        let swapper = Task.detached {
            while !stop.isCancelled {
                for (from, to) in [(a, spare), (trap, a), (a, trap), (spare, a)] { rename(from, to) }
                await Task.yield()
            }
        }
        for number in 0..<300 {
            let listing = try await store.list(ListRequest())
            #expect(!listing.objects.contains { $0.key.shown.contains("root") })
            if let text = try? await store.text("a/outside") { #expect(text == "inside") }
            _ = try? await store.put(ObjectKey("a/new\(number % 3)"), "x")
        }
        stop.cancel()
        await swapper.value
        #expect(try temporary.names == ["outside", "root"])
        #expect(try temporary.read("outside") == "secret")
    }

    // MARK: Names

    @Test func namesAreBytes() async throws {
        var keys = [
            ObjectKey([0xFF, 0xFE]), "line\nbreak", "tab\tand \u{1B}[31m", "a/\\", "a/*", " ", "-rf", "...", "a/..b",
            ObjectKey([UInt8](repeating: 0xE9, count: 255)), ObjectKey("é"), ObjectKey("e\u{301}"),
        ]
        for key in keys { try await store.put(key, "x") }
        keys.sort()
        #expect(try await store.list(ListRequest()).objects.map(\.key) == keys)
        #expect(try await store.list(ListRequest(after: keys[4], limit: 3)).objects.map(\.key) == Array(keys[5..<8]))
        for key in keys { #expect(try await store.text(key) == "x") }
        let error = await #expect(throws: StoreError.self) { try await store.stat("none\n\u{1B}") }
        #expect(error?.message.contains("\n") == false && error?.message.contains("\u{1B}") == false)
    }

    @Test(arguments: [
        "", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../outside", "a/./b", "nul\0", "a\0/b",
        ".provision-upload-x", "a/.provision-upload-/b",
    ])
    func keysThatAreNoPath(text: String) async throws {
        try await store.put("a/b", "x")
        let key = ObjectKey(text)
        await expectFailure(.invalid) { () throws(StoreError) in try await store.stat(key) }
        await expectFailure(.invalid) { () throws(StoreError) in try await store.text(key) }
        await expectFailure(.invalid) { () throws(StoreError) in try await store.put(key, "x") }
        await expectFailure(.invalid) { () throws(StoreError) in try await store.beginUpload(key, .init()) }
        await expectFailure(.invalid) { () throws(StoreError) in try await store.delete([Deletion(key)])[0].get() }
        #expect(try temporary.read("outside") == "secret")
        #expect(try await store.listAll().keys == ["a/b"])
    }

    @Test(arguments: ["../", "..", "./", "a/../a/", "/", "//", "a//", "a/./", "nul\0/", ".provision-upload-"])
    func prefixesThatNoPathHas(text: String) async throws {
        try await store.put("a/b", "x")
        let upload = try await store.beginUpload("a/c", .init())
        #expect(try await store.listAll(ObjectKey(text)) == Listing(pages: 1))
        #expect(try await store.listAll(ObjectKey(".provision-upload-\(upload.id)/")) == Listing(pages: 1))
    }

    @Test func namesThatAreTooLong() async throws {
        let key = ObjectKey([UInt8](repeating: 0x61, count: 256))
        await expectFailure(.invalid) { () throws(StoreError) in try await store.put(key, "x") }
        await expectFailure(.invalid) { () throws(StoreError) in try await store.stat(key) }
    }

    @Test func treesDeeperThanAPathIsLong() async throws {
        let key = ObjectKey(Array(repeating: String(repeating: "d", count: 250), count: 20).joined(separator: "/"))
        try await store.put(key, "deep")
        #expect(try await store.text(key) == "deep")
        #expect(try await store.listAll().keys == [key.shown])
    }

    // MARK: Folders and other things

    @Test func emptyFoldersArePrefixes() async throws {
        try makeFolder("empty")
        try makeFolder("a/inner/empty")
        try await store.put("a/file", "x")
        #expect(try await store.listAll().prefixes == ["a/inner/empty/", "empty/"])
        for limit in 1...3 {
            #expect(try await store.listAll(limit: limit).prefixes == ["a/inner/empty/", "empty/"])
        }
        #expect(try await store.listAll("", .bySlash).prefixes == ["a/", "empty/"])
        #expect(try await store.listAll("empty/").prefixes == ["empty/"])
        #expect(try await store.listAll("empty/", .bySlash).prefixes.isEmpty)
        #expect(try await store.delete([Deletion("a/file")]).count == 1)
        #expect(try await store.listAll("a/", .bySlash).prefixes == ["a/inner/"])
    }

    @Test func whatIsNoObjectIsCounted() async throws {
        #expect(mkfifo(temporary.path("root/pipe"), 0o600) == 0)
        try makeFolder("a")
        #expect(mkfifo(temporary.path("root/a/pipe"), 0o600) == 0)
        try await store.put("b", "x")
        try await store.put("z", "x")
        var request = ListRequest(limit: 1)
        var leftOut = 0
        repeat {
            let page = try await store.list(request)
            leftOut += page.leftOut
            request.continuation = page.next
        } while request.continuation != nil
        #expect(leftOut == 2)
        await expectFailure(.notFound) { () throws(StoreError) in try await store.text("pipe") }
        await expectFailure(.notFound) { () throws(StoreError) in try await store.stat("a") }
        #expect(try await store.delete([Deletion("pipe"), Deletion("a")]).count == 2)
        #expect(try temporary.names.count == 2)
        #expect(FileManager.default.fileExists(atPath: temporary.path("root/pipe")))
    }

    @Test func aKeyIsAFileOrAFolder() async throws {
        try await store.put("a", "x")
        await expectFailure(.invalid) { () throws(StoreError) in try await store.put("a/b", "x") }
        try makeFolder("folder")
        await expectFailure(.invalid) { () throws(StoreError) in try await store.put("folder", "x") }
        #expect(try await store.listAll().keys == ["a"])
        #expect(try folder.file.names().count == 2)
    }

    @Test func permissionsAreKnownAndCopied() async throws {
        try await store.put("a", "x")
        #expect(chmod(temporary.path("root/a"), 0o750) == 0)
        #expect(try await store.stat("a").mode == 0o750)
        _ = try await store.copy(CopySource("a"), to: "b", nil, if: .always)
        #expect(try await store.stat("b").mode == 0o750)
    }

    // MARK: Changes by others

    @Test func aFileThatIsWrittenInPlaceIsAnotherVersion() async throws {
        let version = try await store.put("a", "before")
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: temporary.path("root/a")))
        // Longer than a tick of the file system's clock.
        usleep(20_000)
        try file.write(contentsOf: Data("behind".utf8))
        await expectFailure(.changed) { () throws(StoreError) in try await store.text("a", of: version) }
        await expectFailure(.conditionFailed) { () throws(StoreError) in
            try await store.put("a", "mine", if: .ifVersion(version))
        }
        #expect(try await store.text("a") == "behind")
    }

    @Test func filesThatGoBetweenListAndRead() async throws {
        try await store.put("a", "x")
        let listed = try #require(try await store.list(ListRequest()).objects.first)
        #expect(unlink(temporary.path("root/a")) == 0)
        await expectFailure(.notFound) { () throws(StoreError) in
            try await store.text(listed.key, of: listed.version)
        }
    }

    @Test func listingsGoOnBehindWhatIsGone() async throws {
        for key: ObjectKey in ["a/1", "a/2", "b/1", "c"] { try await store.put(key, "x") }
        var request = ListRequest(limit: 2)
        request.continuation = try await store.list(request).next
        try FileManager.default.removeItem(atPath: temporary.path("root/a"))
        #expect(try await store.list(request).objects.map(\.key) == ["b/1", "c"])
    }

    @Test func aFolderThatMayNotBeReadIsNoEmptyFolder() async throws {
        // Root may read everything.
        guard geteuid() != 0 else { return }
        try await store.put("a/b", "x")
        #expect(chmod(temporary.path("root/a"), 0) == 0)
        defer { chmod(temporary.path("root/a"), 0o700) }
        await expectFailure(.denied) { () throws(StoreError) in try await store.list(ListRequest()) }
    }

    // MARK: Large

    @Test(arguments: [1, 20])
    func twentyThousandKeysInPages(folders: Int) async throws {
        for folder in 0..<folders {
            try makeFolder("f\(folder)")
            let parent = try SharedDescriptor(
                .open(beneath: self.folder.file, RawPath("f\(folder)"), O_RDONLY | O_DIRECTORY))
            for number in 0..<20_000 / folders {
                _ = try OwnedDescriptor.open(RawPath("\(number)"), in: parent.file, O_WRONLY | O_CREAT)
            }
        }
        let listing = try await store.listAll(limit: 700)
        #expect(Set(listing.keys).count == 20_000 && listing.keys.count == 20_000)
        #expect(listing.pages == 29)
        #expect(try await store.listAll("", .bySlash).prefixes.count == folders)
    }

    // MARK: Uploads

    @Test func anUploadOfAnotherNameReachesNothing() async throws {
        for id in ["", "..", "../outside", "x/../..", String(repeating: "g", count: 32)] {
            let upload = Upload(key: "a", id: id, options: .init())
            await expectFailure(.invalid) { () throws(StoreError) in try await store.abort(upload) }
            await expectFailure(.invalid) { () throws(StoreError) in
                try await store.uploadPart(1, of: upload, .bytes([]), checksum: nil)
            }
        }
        #expect(try temporary.read("outside") == "secret")
    }

    @Test func cancelledWritesLeaveNothing() async throws {
        let upload = try await store.beginUpload("a", .init())
        let source = try SharedDescriptor(.open(RawPath(temporary.path("source")), O_RDWR | O_CREAT))
        #expect(ftruncate(source.file.raw, 1 << 20) == 0)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await expectFailure(.cancelled) { () throws(StoreError) in
                try await store.put("b", .file(source, 0..<1 << 20), PutOptions())
            }
            await expectFailure(.cancelled) { () throws(StoreError) in
                try await store.uploadPart(1, of: upload, .file(source, 0..<1 << 20), checksum: nil)
            }
        }
        await task.value
        try await store.abort(upload)
        #expect(try folder.file.names().isEmpty)
    }

    @Test func theFolderIsOffered() async throws {
        try await store.put("a", "x")
        #expect(try store.localFolder?.file.entry(of: "a").size == 1)
        await expectFailure(.notFound) { () throws(StoreError) in
            try await FileStore.open(RawPath(temporary.path("none")))
        }
    }
}
