import ObjectStore
import Platform
import TestSupport
import Testing

/// Folders of buckets with a hierarchy of them, against the strict server of ours.
@Suite(.enabled(if: GoogleStorage.isHere, Comment(rawValue: GoogleStorage.absence)))
struct GCSFolderTests {
    private func server() async throws -> GoogleStorage { try await GoogleStorage.shared.server }

    /// One that knows of what kind its bucket is.
    private func store(
        in bucket: String, _ settings: GCSSettings = GCSSettings(), by proxy: FaultProxy? = nil
    ) async throws -> GCSStore {
        let store = try await GCSTestStore.make(on: server(), bucket: bucket, settings, port: proxy?.port)
        try await store.learn()
        return store
    }

    private func prefixes(_ store: GCSStore, below prefix: ObjectKey = "") async throws -> [ObjectKey] {
        try await store.list(ListRequest(prefix: prefix, grouping: .bySlash)).prefixes
    }

    // MARK: Renaming

    /// However long it takes, whatever is in it, and whoever pays.
    @Test(arguments: [0, 400]) func allOfItIsRenamed(milliseconds: Int) async throws {
        let bucket = try await server().makeBucketWithFolders(taking: milliseconds, readersPay: true)
        var settings = GCSSettings()
        settings.userProject = "mine"
        let store = try await store(in: bucket, settings)
        for key: ObjectKey in ["a b/", "a b/é?", "a b/c/d%2F", "a b!", "e/f"] { try await store.put(key, key.shown) }
        _ = try await store.rename("a b/", to: "e/n&w/", if: .always)
        #expect(try await store.listAll().keys == ["a b!", "e/f", "e/n&w/", "e/n&w/c/d%2F", "e/n&w/é?"])
        #expect(try await store.text("e/n&w/c/d%2F") == "a b/c/d%2F")
        #expect(try await prefixes(store) == ["e/"])
        #expect(try await prefixes(store, below: "e/") == ["e/n&w/"])
    }

    @Test func whatIsNotThereAndWhatIs() async throws {
        let store = try await store(in: server().makeBucketWithFolders())
        for key: ObjectKey in ["a/x", "b/x"] { try await store.put(key, "content") }
        await expectFailure(.notFound) { () throws(StoreError) in
            try await store.rename("none/", to: "other/", if: .always)
        }
        await expectFailure(.conditionFailed) { () throws(StoreError) in
            try await store.rename("a/", to: "b/", if: .always)
        }
        #expect(try await store.listAll().keys == ["a/x", "b/x"])
        #expect(store.capabilities.atomicRename == .objectsAndFolders)
    }

    @Test func theFolderAboveIsMade() async throws {
        let store = try await store(in: server().makeBucketWithFolders())
        try await store.put("a/x", "content")
        _ = try await store.rename("a/", to: "not/there/yet/", if: .always)
        #expect(try await store.listAll().keys == ["not/there/yet/x"])
    }

    /// Why the service gives up; what passes may be tried again.
    @Test(arguments: [(9, StoreError.Code.invalid, false), (10, .conditionFailed, true), (14, .throttled, true)])
    func anOperationThatFails(code: Int, means expected: StoreError.Code, isRetryable: Bool) async throws {
        let store = try await store(in: server().makeBucketWithFolders(taking: 100, failing: code))
        try await store.put("a/x", "content")
        let failure = await #expect(throws: StoreError.self) { try await store.rename("a/", to: "b/", if: .always) }
        #expect(failure?.code == expected && failure?.isRetryable == isRetryable, "\(String(describing: failure))")
        #expect(try await store.listAll().keys == ["a/x"])
    }

    /// Its first attempt has done it, or is doing it still.
    @Test(arguments: [0, 500]) func anAnswerThatIsLost(milliseconds: Int) async throws {
        let bucket = try await server().makeBucketWithFolders(taking: milliseconds)
        let proxy = try await FaultProxy(to: server().port, [Fault(.behind({})) { $0.renameTarget != nil }])
        let store = try await store(in: bucket, by: proxy)
        try await store.put("a/x", "content")
        _ = try await store.rename("a/", to: "b/", if: .always)
        #expect(try await store.listAll().keys == ["b/x"])
        #expect(proxy.done == proxy.due)
    }

    @Test func nobodyWaitsForIt() async throws {
        let store = try await store(in: server().makeBucketWithFolders(taking: 60_000))
        try await store.put("a/x", "content")
        let renaming = Task { try await store.rename("a/", to: "b/", if: .always) }
        try await Task.sleep(for: .milliseconds(300))
        renaming.cancel()
        let failure = await #expect(throws: StoreError.self) { try await renaming.value }
        #expect(failure?.code == .cancelled)
    }

    // MARK: Rights

    /// Where folders are not for whoever asks, the bucket is one without them from then on, and nobody asks twice.
    @Test(arguments: GoogleStorage.FolderRights.allCases)
    func foldersThatAreNotForUs(rights: GoogleStorage.FolderRights) async throws {
        let server = try await server()
        let bucket = try await server.makeBucketWithFolders(rights)
        let proxy = try FaultProxy(to: server.port, [])
        let store = try await store(in: bucket, by: proxy)
        try await store.put("a/x", "content")
        // Whoever is told before does not try.
        if rights != .denied {
            await expectFailure(.unsupported) { () throws(StoreError) in
                try await store.rename("a/", to: "b/", if: .always)
            }
        }
        #expect(store.capabilities.atomicRename == .objects)
        #expect(try await prefixes(store) == ["a/"])
        for outcome in try await store.delete([Deletion("a/x"), Deletion("a/")]) { try outcome.get() }
        #expect(try await prefixes(store) == [])
        #expect(proxy.passages.count { $0.request.target.contains("/renameTo/") } == (rights == .denied ? 0 : 1))
        _ = try await store.put("b", .bytes([]), PutOptions())
        #expect(try await store.rename("b", to: "c", if: .always).version.text.isEmpty == false)
    }

    /// Who may only read sees what is there.
    @Test func readersSeeEmptyFolders() async throws {
        let server = try await server()
        let bucket = try await server.makeBucketWithFolders()
        try await server.makeFolder("a/b/", in: bucket)
        let reader = try await GCSTestStore.make(on: server, bucket: bucket, tokens: FixedToken(BearerToken("reader")))
        try await reader.learn()
        #expect(try await prefixes(reader) == ["a/"])
        #expect(try await prefixes(reader, below: "a/") == ["a/b/"])
        #expect(reader.capabilities.atomicRename == .none)
    }

    // MARK: Empty ones

    @Test func emptyFoldersAreThere() async throws {
        let server = try await server()
        let bucket = try await server.makeBucketWithFolders()
        let store = try await store(in: bucket)
        try await server.makeFolder("empty/", in: bucket)
        try await store.put("a/x", "content")
        for outcome in try await store.delete([Deletion("a/x")]) { try outcome.get() }
        #expect(try await prefixes(store) == ["a/", "empty/"])
        #expect(try await prefixes(store, below: "empty/") == [])
        let page = try await store.list(ListRequest(prefix: "empty/", limit: 1))
        #expect(page.objects.isEmpty && page.prefixes == ["empty/"])
        #expect(try await store.list(ListRequest(prefix: "none/", limit: 1)).prefixes == [])
        _ = try await store.rename("empty/", to: "b/", if: .always)
        #expect(try await prefixes(store) == ["a/", "b/"])
    }

    /// With what stands for them, or without; one in which something is stays.
    @Test func foldersAreDeleted() async throws {
        let server = try await server()
        let bucket = try await server.makeBucketWithFolders()
        let store = try await store(in: bucket)
        for key: ObjectKey in ["a/", "b/", "b/x"] { try await store.put(key, "") }
        try await server.makeFolder("c/", in: bucket)
        for outcome in try await store.delete([Deletion("a/"), Deletion("b/"), Deletion("c/")]) { try outcome.get() }
        #expect(try await server.folders(in: bucket) == ["b/"])
        #expect(try await store.listAll().keys == ["b/x"])
    }

    @Test func partsLeaveNoFolder() async throws {
        let server = try await server()
        let bucket = try await server.makeBucketWithFolders()
        let store = try await store(in: bucket)
        let upload = try await store.beginUpload("a", UploadOptions())
        let part = try await store.uploadPart(1, of: upload, .bytes([1, 2, 3]), checksum: nil)
        _ = try await store.complete(upload, [part], if: .ifAbsent)
        #expect(try await server.folders(in: bucket) == [".provision-parts/"])
        #expect(try await prefixes(store) == [])
    }
}
