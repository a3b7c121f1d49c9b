import Checksums
import HTTP
import Platform
import Signing
import TestSupport
import Testing

@testable import ObjectStore

/// What is Azure's own, against the tests' server.
@Suite(.enabled(if: AzureBlob.isHere, Comment(rawValue: AzureBlob.absence)))
struct AzureServerTests {
    @Test func oddKeysAreKept() async throws {
        let store = try await AzureTestStore.make()
        try await store.check()
        let keys = S3ServerTests.oddKeys + S3ServerTests.untidyKeys
        for key in keys { try await store.put(key, key.shown) }
        for key in keys {
            #expect(try await store.text(key) == key.shown, "\(key.shown)")
            #expect(try await store.stat(key).size == key.shown.utf8.count, "\(key.shown)")
        }
        for limit in [1, 3, 1000] {
            let listed = try await store.listAll(limit: limit).keys
            #expect(listed == keys.sorted().map(\.shown), "pages of \(limit)")
        }
        let copied = try await store.copy(CopySource(keys[1]), to: "copies/" + keys[0], nil, if: .always)
        #expect(try await store.text("copies/" + keys[0], of: copied.version) == keys[1].shown)
        for outcome in try await store.delete((keys + ["copies/" + keys[0]]).map { Deletion($0) }) { try outcome.get() }
        #expect(try await store.listAll().keys.isEmpty)
    }

    @Test func keysThatAzureCannotHold() async throws {
        let store = try await AzureTestStore.make()
        for key in [ObjectKey([0xFF]), "", ObjectKey(String(repeating: "a", count: 1025))] {
            await expectFailure(.invalid) { () throws(StoreError) in try await store.stat(key) }
            await expectFailure(.invalid) { () throws(StoreError) in try await store.put(key, "x") }
            await expectFailure(.invalid) { () throws(StoreError) in
                try await store.copy(CopySource(key), to: "a", nil, if: .always)
            }
            let outcome = try await store.delete([Deletion(key)])
            #expect(throws: StoreError.self) { try outcome[0].get() }
        }
    }

    @Test func metadataOfAllNames() async throws {
        let store = try await AzureTestStore.make()
        let user = [
            "mtime": "1.5", "a-b": "x", "1st": "y", "a_x2d_b": "z", "_": "", "class": "c", "a1": "1", "a_1": "2",
            "spaces": "two  of them", "around": " x ", "text": "é=1", "a.b": "d", "x-ms-meta-a": "m",
        ]
        let metadata = ObjectMetadata(contentType: "text/x-test", user: user)
        _ = try await store.put("a", .bytes([1]), PutOptions(metadata: metadata))
        #expect(try await store.stat("a").metadata == metadata)
        #expect(try await store.list(ListRequest()).objects.first?.metadata == metadata)

        let upload = try await store.beginUpload("b", UploadOptions(metadata: metadata))
        let part = try await store.uploadPart(1, of: upload, .bytes([1]), checksum: nil)
        _ = try await store.complete(upload, [part], if: .always)
        #expect(try await store.stat("b").metadata == metadata)

        _ = try await store.copy(CopySource("a"), to: "c", nil, if: .always)
        #expect(try await store.stat("c").metadata == metadata)
        let other = ObjectMetadata(contentType: "text/other", user: ["k": "v"])
        _ = try await store.copy(CopySource("a"), to: "c", other, if: .always)
        #expect(try await store.stat("c").metadata == other)
        for name in ["", "é", "a\nb"] {
            await expectFailure(.invalid) { () throws(StoreError) in
                try await store.put("a", .bytes([]), PutOptions(metadata: ObjectMetadata(user: [name: "x"])))
            }
        }
    }

    /// A mark before a folder's content, on another page, and of a folder that is empty.
    @Test func foldersThatAreMarked() async throws {
        let store = try await AzureTestStore.make()
        try await store.check()
        let mark = ObjectMetadata(user: ["hdi_isfolder": "true"])
        for key: ObjectKey in ["a", "a/c", "empty", "full"] {
            _ = try await store.put(key, .bytes([]), PutOptions(metadata: mark))
        }
        for key: ObjectKey in ["a!", "a.b", "a/b", "a/c!", "b", "empty!", "full/x"] { try await store.put(key, "x") }
        for limit in [1, 2, 3, 1000] {
            let top = try await store.listAll("", .bySlash, limit: limit == 1 ? nil : limit)
            #expect(top.keys == ["a!", "a.b", "b", "empty!"])
            #expect(top.prefixes == ["a/", "empty/", "full/"])
            let all = try await store.listAll(limit: limit == 1 ? nil : limit)
            #expect(all.keys == ["a!", "a.b", "a/b", "a/c!", "b", "empty!", "full/x"])
            #expect(Set(all.prefixes).isSuperset(of: ["a/c/", "empty/"]))
        }
        await expectFailure(.notFound) { () throws(StoreError) in try await store.stat("empty") }
        await expectFailure(.notFound) { () throws(StoreError) in try await store.text("empty") }
        #expect(try await store.stat("empty/").key == "empty/")
        await expectFailure(.notFound) { () throws(StoreError) in try await store.stat("b/") }
        for outcome in try await store.delete([Deletion("empty/"), Deletion("b/")]) { try outcome.get() }
        #expect(try await store.listAll("empty").prefixes.isEmpty)
        #expect(try await store.text("b") == "x")
    }

    @Test func whatIsArchivedIsNotRead() async throws {
        let (server, store) = (try await AzureBlob.shared.server, try await AzureTestStore.make())
        try await store.put("a", "x")
        try await server.ask(.put, "/\(store.site.container)/a", "comp=tier", ["x-ms-access-tier": "Archive"])
        #expect(try await store.stat("a").isArchived)
        #expect(try await store.list(ListRequest()).objects.first?.isArchived == true)
        await expectFailure(.archived) { () throws(StoreError) in try await store.text("a") }
        await expectFailure(.archived) { () throws(StoreError) in
            try await store.copy(CopySource("a"), to: "b", nil, if: .always)
        }
        var settings = AzureSettings()
        settings.accessTier = "Cool"
        let cool = try await AzureTestStore.make(container: store.site.container, settings)
        try await cool.put("c", "x")
        #expect(try await cool.stat("c").storageClass == "Cool")
    }

    @Test func leasesAreRespected() async throws {
        let (server, store) = (try await AzureBlob.shared.server, try await AzureTestStore.make())
        try await store.put("a", "x")
        let lease = ["x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1"]
        try await server.ask(.put, "/\(store.site.container)/a", "comp=lease", lease)
        let failure = await #expect(throws: StoreError.self) { try await store.put("a", "y") }
        #expect(failure?.code == .denied && failure?.message.contains("holds a lease") == true)
        let outcome = try await store.delete([Deletion("a")])[0]
        #expect(throws: StoreError.self) { try outcome.get() }
        #expect(try await store.text("a") == "x")
    }

    @Test func whatIsWrongIsSaid() async throws {
        let server = try await AzureBlob.shared.server
        let none = try await AzureTestStore.make(container: "none")
        for operation in ["list", "stat"] {
            let failure = await #expect(throws: StoreError.self) {
                if operation == "list" { try await none.check() } else { _ = try await none.text("a") }
            }
            #expect(failure?.code == .notFound && failure?.message.contains("no container none") == true)
            #expect(failure?.requestID != nil)
        }
        let outcome = try await none.delete([Deletion("a")])[0]
        #expect(throws: StoreError.self) { try outcome.get() }

        let wrong = try #require(SharedKey(account: AzureBlob.account, base64: Base64.text(of: [1, 2, 3])))
        let refused = try await AzureTestStore.make(.key(wrong))
        let failure = await #expect(throws: StoreError.self) { try await refused.text("a") }
        #expect(failure?.code == .denied && failure?.message.contains("the key of account testaccount") == true)
        await expectFailure(.denied) { () throws(StoreError) in try await refused.stat("a") }

        let token = try await AzureTestStore.make(.token(try #require(BearerToken("bad"))))
        await expectFailure(.denied) { () throws(StoreError) in try await token.text("a") }

        // The server's own judgement: an hour is too much.
        await #expect(throws: ServerFailure.self) {
            try await server.ask(.get, "/none", "restype=container", at: Timestamp.secondsNow - 3600)
        }
    }

    @Test func signaturesThatDoNotPermitIt() async throws {
        let (server, writing) = (try await AzureBlob.shared.server, try await AzureTestStore.make())
        try await writing.put("a", "x")
        func store(_ permissions: String) async throws -> AzureStore {
            let terms = SharedAccessSignature.Terms(
                permissions: permissions, expiry: Timestamp.secondsNow + 600, isSecureOnly: false, version: "2021-12-02"
            )
            let link = SharedAccessSignature.ofAccount(resources: "co", terms, signedBy: server.key)
            return try await AzureTestStore.make(.link(link), container: writing.site.container)
        }
        let reading = try await store("r")
        #expect(try await reading.text("a") == "x")
        let failure = await #expect(throws: StoreError.self) { try await reading.put("a", "y") }
        #expect(failure?.code == .denied && failure?.message.contains("which permits r and nothing else") == true)
        #expect(failure?.message.contains("sig") == false)
        await expectFailure(.denied) { () throws(StoreError) in try await reading.list(ListRequest()) }

        // Who may write and not look.
        let blind = try await store("cw")
        let upload = try await blind.beginUpload("b", UploadOptions())
        let part = try await blind.uploadPart(2, of: upload, .bytes([0x79]), checksum: .computed(.crc64nvme))
        _ = try await blind.complete(upload, [part], if: .ifAbsent)
        #expect(try await writing.text("b") == "y")

        let creating = try await store("c")
        await expectFailure(.denied) { () throws(StoreError) in try await creating.put("a", "z") }
        try await creating.put("new", "z")
        #expect(try await writing.text("new") == "z")
    }

    /// Uploads that another write has ended, and blocks of other programs in the way.
    @Test func blocksOfOthers() async throws {
        let (server, store) = (try await AzureBlob.shared.server, try await AzureTestStore.make())
        let upload = try await store.beginUpload("a", UploadOptions())
        let part = try await store.uploadPart(1, of: upload, .bytes([1]), checksum: nil)
        try await store.put("a", "between")
        await expectFailure(.notFound) { () throws(StoreError) in try await store.complete(upload, [part], if: .always)
        }
        #expect(try await store.text("a") == "between")

        let path = "/\(store.site.container)/b"
        try await server.ask(.put, path, "comp=block&blockid=AAAA", body: [1])
        let next = try await store.beginUpload("b", UploadOptions())
        let failure = await #expect(throws: StoreError.self) {
            try await store.uploadPart(1, of: next, .bytes([1]), checksum: nil)
        }
        #expect(failure?.code == .invalid && failure?.message.contains("another program's upload") == true)

        // The end of an upload may be asked for by two processes.
        let last = try await store.beginUpload("c", UploadOptions())
        let parts = [try await store.uploadPart(9_999_999, of: last, .bytes([1]), checksum: nil)]
        let first = try await store.complete(last, parts, if: .ifAbsent)
        let other = try await AzureTestStore.make(container: store.site.container)
        #expect(try await other.complete(last, parts, if: .ifAbsent) == first)
    }

    @Test func largeCopiesGoInParts() async throws {
        let store = try await AzureTestStore.make()
        let metadata = ObjectMetadata(contentType: "text/x", user: ["k": "v"])
        _ = try await store.put("a", .bytes(Array("content".utf8)), PutOptions(metadata: metadata))
        _ = try await store.copyAnySize(CopySource("a"), to: "b", nil)
        #expect(try await store.text("b") == "content")
        #expect(try await store.stat("b").metadata == metadata)
    }
}
