import Dispatch
import Glibc
import HTTP
import Platform
import Signing
import TestSupport
import Testing

@testable import ObjectStore

/// An account of Azure's whose folders are real, against the tests' server.
@Suite(.enabled(if: AzureBlob.isHere, Comment(rawValue: AzureBlob.absence)))
struct AzureTreeTests {
    /// What is written makes the folders above it, and they stay when it is gone.
    @Test func foldersStay() async throws {
        let store = try await AzureTestStore.tree()
        try await store.put("a/b/c", "x")
        #expect(try await store.stat("a/").size == 0)
        #expect(try await store.stat("a/b/").key == "a/b/")
        await expectFailure(.notFound) { () throws(StoreError) in try await store.stat("a") }
        await expectFailure(.notFound) { () throws(StoreError) in try await store.stat("a/b/c/") }
        for outcome in try await store.delete([Deletion("a/b/c")]) { try outcome.get() }
        #expect(try await store.listAll("", .bySlash).prefixes == ["a/"])
        #expect(try await store.listAll("a/", .bySlash).prefixes == ["a/b/"])
        // Nothing is in it, but it is there.
        #expect(try await store.listAll("a/b/").keys == ["a/b/"])
        #expect(try await store.listAll("a/none/").keys == [])
    }

    @Test func foldersAreMadeAndKeepTheirMetadata() async throws {
        let store = try await AzureTestStore.tree()
        let metadata = ObjectMetadata(user: ["mode": "448", "a-b": "é"])
        _ = try await store.put("a/b/", .bytes([]), PutOptions(if: .ifAbsent, metadata: metadata))
        #expect(try await store.stat("a/b/").metadata == metadata)
        await expectFailure(.conditionFailed) { () throws(StoreError) in
            try await store.put("a/b/", .bytes([]), PutOptions(if: .ifAbsent))
        }
        try await store.put("a/b/c", "x")
        let other = ObjectMetadata(user: ["mode": "493"])
        let version = try await store.put("a/b/", .bytes([]), PutOptions(metadata: other)).version
        let found = try await store.stat("a/b/")
        #expect(found.metadata == other && found.version == version)
        #expect(try await store.text("a/b/c") == "x")
        await expectFailure(.invalid) { () throws(StoreError) in try await store.put("a/d/", "content") }
        let all = try await store.list(ListRequest(showsFolders: true))
        #expect(all.objects.map(\.key) == ["a/", "a/b/", "a/b/c"])
        #expect(all.objects[1].metadata == other)
    }

    @Test func aFileAndAFolderCannotHaveOneName() async throws {
        let store = try await AzureTestStore.tree()
        try await store.put("file", "x")
        try await store.put("folder/x", "x")
        try await store.put("empty/", "")
        for key: ObjectKey in ["folder", "file/x", "file/", "empty"] {
            let failure = await #expect(throws: StoreError.self) {
                try await store.put(key, key.endsInSlash ? "" : "y")
            }
            #expect(failure?.code == .invalid || failure?.code == .conditionFailed, "\(key.shown): \(failure as Any)")
        }
        #expect(try await store.text("file") == "x")
        #expect(try await store.text("folder/x") == "x")
        for (key, newKey) in [("file", "folder"), ("file", "empty"), ("folder/", "file/")] as [(ObjectKey, ObjectKey)] {
            await expectFailure(.invalid) { () throws(StoreError) in
                try await store.rename(key, to: newKey, if: .always)
            }
        }
        await expectFailure(.invalid) { () throws(StoreError) in
            try await store.rename("folder/", to: "folder/in/it/", if: .always)
        }
        await expectFailure(.notFound) { () throws(StoreError) in try await store.rename("folder", to: "z", if: .always)
        }
        await expectFailure(.notFound) { () throws(StoreError) in try await store.rename("file/", to: "z/", if: .always)
        }
        #expect(try await store.listAll().keys == ["file", "folder/x"])
    }

    /// A tree goes at once, whatever the order in which it was named; a folder that is not empty stays.
    @Test func deletionsOfTrees() async throws {
        let store = try await AzureTestStore.tree()
        for key: ObjectKey in ["a/1", "a/b/2", "a/b/c/3", "z/1"] { try await store.put(key, "x") }
        let keys: [ObjectKey] = ["a/", "a/b/", "a/b/c/", "a/b/c/3", "a/1", "none/", "a/b/2"]
        for outcome in try await store.delete(keys.map { Deletion($0) }) { try outcome.get() }
        #expect(try await store.listAll("", .bySlash).prefixes == ["z/"])
        let outcome = try await store.delete([Deletion("z/")])[0]
        let failure = #expect(throws: StoreError.self) { try outcome.get() }
        #expect(failure?.errno == ENOTEMPTY && failure?.message.contains("not empty") == true)
        #expect(try await store.text("z/1") == "x")
    }

    @Test func movesOfFoldersReplaceEmptyOnesOnly() async throws {
        let store = try await AzureTestStore.tree()
        let inside = try await store.put("a/b/c", "x")
        try await store.put("full/x", "y")
        try await store.put("empty/", "")
        let failure = await #expect(throws: StoreError.self) {
            try await store.rename("a/", to: "full/", if: .always)
        }
        #expect(failure?.errno == ENOTEMPTY && failure?.message.contains("cannot rename a/ to full/") == true)
        _ = try await store.rename("a/", to: "empty/", if: .always)
        // And not into it.
        #expect(try await store.listAll().keys == ["empty/b/c", "full/x"])
        #expect(try await store.stat("empty/b/c").version == inside)
        // Where nobody has made a folder for it.
        _ = try await store.rename("empty/", to: "new/deep/er/", if: .ifAbsent)
        #expect(try await store.listAll().keys == ["full/x", "new/deep/er/b/c"])
    }

    @Test func oddKeysAreMoved() async throws {
        let store = try await AzureTestStore.tree()
        for key: ObjectKey in ["a b+%2F?#&=", "ü/é", "d\u{1}", "x/'\";:@,$!*()[]~"] {
            try await store.put(key, key.shown)
            _ = try await store.rename(key, to: "to/" + key, if: .ifAbsent)
            #expect(try await store.text("to/" + key) == key.shown)
            _ = try await store.rename("to/", to: "odd ü%/", if: .always)
            #expect(try await store.text("odd ü%/" + key) == key.shown)
            for outcome in try await store.delete([Deletion("odd ü%/" + key)]) { try outcome.get() }
            let folders = try await store.list(ListRequest(showsFolders: true)).objects.map { Deletion($0.key) }
            for outcome in try await store.delete(folders) { try outcome.get() }
        }
    }

    // MARK: Who may

    /// Who may not move copies, and says why.
    @Test func aSignatureWithoutMoves() async throws {
        let server = try await AzureBlob.tree.server
        let container = try await server.makeContainer()
        let link = try AzureClient.signature(of: container, "racwdl", on: server)
        let store = AzureStore(
            AzureSite(
                account: server.account, container: container, service: server.service,
                tree: AzureSite.tree(beside: server.service)),
            credentials: FixedSource(.link(link)), client: AzureTestStore.client)
        let missing = try await store.learn()
        #expect(missing.count == 1 && missing[0].contains("does not permit moves (`m`)"), "\(missing)")
        #expect(!missing[0].contains("sig="))
        #expect(store.capabilities.atomicRename == .none && store.capabilities.keepsFolders)
        await expectFailure(.unsupported) { () throws(StoreError) in try await store.rename("a", to: "b", if: .always) }
    }

    /// An emulator's address, or one by a name of its owner's, tells of no other host.
    @Test func aServiceByAnotherName() async throws {
        let server = try await AzureBlob.tree.server
        let place = HTTPAddress(isSecure: false, host: "127.0.0.1", port: server.port, path: "/" + server.account)
        let store = AzureStore(
            AzureSite(account: server.account, container: try await server.makeContainer(), service: place),
            credentials: FixedSource(.key(server.key)), client: AzureTestStore.client)
        let missing = try await store.learn()
        #expect(missing == [] && store.capabilities.atomicRename == .none && store.capabilities.keepsFolders)
        try await store.put("a/b", "x")
        #expect(try await store.stat("a/").size == 0)
        await expectFailure(.unsupported) { () throws(StoreError) in try await store.rename("a/", to: "b/", if: .always)
        }
    }

    // MARK: Answers that are lost

    private static let impatient: HTTPClient = {
        var quick = HTTPSettings()
        quick.retries.baseMilliseconds = 1
        quick.retries.attempts = 3
        return HTTPClient(quick)
    }()

    private func behindProxy() async throws -> (AzureStore, FaultProxy) {
        let server = try await AzureBlob.tree.server
        let proxy = try FaultProxy(to: server.port)
        return (try await AzureTestStore.tree(port: proxy.port, client: Self.impatient), proxy)
    }

    private static func moves(_ deed: Fault.Deed, times: Int = 1) -> Fault {
        Fault(deed, times: times) { $0["x-ms-rename-source"] != nil }
    }

    /// The next attempt finds nothing to move, or what it has moved itself in its way.
    @Test(arguments: [WriteCondition.always, .ifAbsent]) func aMoveThatNobodyHeardOf(condition: WriteCondition)
        async throws
    {
        let (store, proxy) = try await behindProxy()
        let version = try await store.put("a", "x")
        try await store.put("folder/b/c", "y")
        proxy.add(Self.moves(.behind {}))
        let moved = try await store.rename("a", to: "new", if: condition).version
        #expect(try await store.text("new", of: moved) == "x" && moved == version)
        proxy.expectAllDone()
        proxy.add(Self.moves(.behind {}))
        _ = try await store.rename("folder/", to: "other/", if: condition)
        #expect(try await store.listAll().keys == ["new", "other/b/c"])
        proxy.expectAllDone()
    }

    /// Every answer is lost, until nobody tries again.
    @Test func movesThatNobodyEverHeardOf() async throws {
        let (store, proxy) = try await behindProxy()
        try await store.put("a", "x")
        proxy.add(Self.moves(.behind {}, times: 3))
        _ = try await store.rename("a", to: "b", if: .always)
        #expect(try await store.listAll().keys == ["b"])
        proxy.expectAllDone()
    }

    /// Somebody else has put another file there meanwhile, which stays where it is.
    @Test func anotherFileHasComeInItsPlace() async throws {
        let (store, proxy) = try await behindProxy()
        let other = try await AzureTestStore.tree(container: store.site.container)
        try await store.put("a", "old")
        proxy.add(
            Self.moves(
                .behind {
                    let written = DispatchSemaphore(value: 0)
                    Task.detached {
                        try await other.put("a", "new")
                        written.signal()
                    }
                    written.wait()
                }))
        _ = try await store.rename("a", to: "b", if: .always)
        proxy.expectAllDone()
        #expect(try await store.text("a") == "new")
        #expect(try await store.text("b") == "old")
    }

    /// What was never done is no success.
    @Test func movesThatNeverArrived() async throws {
        let (store, proxy) = try await behindProxy()
        try await store.put("a", "x")
        try await store.put("b", "x")
        proxy.add(Self.moves(.hangUp, times: .max))
        await expectFailure(.unreachable) { () throws(StoreError) in try await store.rename("a", to: "b", if: .always) }
        proxy.removeFaults()
        #expect(try await store.listAll().keys == ["a", "b"])
        await expectFailure(.notFound) { () throws(StoreError) in try await store.rename("none", to: "b", if: .always) }
        #expect(try await store.text("b") == "x")
    }
}

extension FaultProxy {
    fileprivate func expectAllDone(at location: Testing.SourceLocation = #_sourceLocation) {
        #expect(done == due, sourceLocation: location)
    }
}
