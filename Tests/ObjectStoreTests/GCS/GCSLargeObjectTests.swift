import Checksums
import Foundation
import Platform
import TestSupport
import Testing

@testable import ObjectStore

/// What comes in several requests, against the strict server of ours: parts, copies, and what breaks on the way.
@Suite(.enabled(if: GoogleStorage.isHere, Comment(rawValue: GoogleStorage.absence)))
struct GCSLargeObjectTests {
    private func server() async throws -> GoogleStorage { try await GoogleStorage.shared.server }

    @Test func aCopyInSeveralCalls() async throws {
        let store = try await GCSTestStore.make(on: server())
        let bytes = Content.bytes(5 << 20, seed: 2)
        let metadata = ObjectMetadata(contentType: "a/b", user: ["k": "v"])
        let source = try await store.put("a", .bytes(bytes), PutOptions(metadata: metadata)).version
        _ = try await store.copy(CopySource("a", source), to: "b", nil, if: .ifAbsent)
        #expect(try await store.stat("b").metadata == metadata)
        let other = ObjectMetadata(contentType: "c/d", user: ["l": "w"])
        _ = try await store.copy(CopySource("a", source), to: "c", other, if: .ifAbsent)
        let copy = try await store.stat("c")
        #expect(try copy.metadata == other && copy.checksums.contains(Checksum(.crc32c, of: bytes)))
    }

    /// More than 32, so that compositions are composed; the object has the checksum of the whole.
    @Test func manyParts() async throws {
        let store = try await GCSTestStore.make(on: server())
        let metadata = ObjectMetadata(contentType: "a/b", user: ["k": "v"])
        let upload = try await store.beginUpload("a", UploadOptions(metadata: metadata, checksum: .crc32c))
        let bytes = Content.bytes(70 * 1000, seed: 3)
        var parts: [UploadedPart] = []
        for number in 1...70 {
            let body = ByteSource.bytes(Array(bytes[(number - 1) * 1000..<number * 1000]))
            parts.append(try await store.uploadPart(number, of: upload, body, checksum: .computed(.crc32c)))
        }
        let version = try await store.complete(upload, parts, if: .ifAbsent).version
        let found = try await store.stat("a")
        #expect(try found.checksums == [Checksum(.crc32c, of: bytes)], "what is put together has no MD5")
        #expect(found.version == version && found.metadata == metadata)
        let whole = try await store.read("a", .whole, of: version, into: .bytes(limit: bytes.count)).bytes == bytes
        #expect(whole)
        #expect(try await hidden(store).isEmpty)
    }

    @Test func partsAreInNoListingAndGoWithTheirUpload() async throws {
        let store = try await GCSTestStore.make(on: server())
        let upload = try await store.beginUpload("a", UploadOptions())
        _ = try await store.uploadPart(7, of: upload, .bytes([1]), checksum: nil)
        #expect(try await hidden(store).count == 2)
        #expect(try await store.listAll("", .bySlash) == Listing(pages: 1))
        #expect(try await store.listAll(".provision-parts/", limit: 1).keys.isEmpty)
        try await store.abort(upload)
        #expect(try await hidden(store).isEmpty)
        // What comes late does not stay.
        await expectFailure(.notFound) { () throws(StoreError) in
            try await store.uploadPart(8, of: upload, .bytes([1]), checksum: nil)
        }
        #expect(try await hidden(store).isEmpty)
    }

    /// A store that has another prefix sees what this one hides.
    private func hidden(_ store: GCSStore) async throws -> [String] {
        var settings = GCSSettings()
        settings.partsPrefix = "elsewhere/"
        let other = try await GCSTestStore.make(on: server(), bucket: store.site.bucket, settings)
        return try await other.listAll().keys.filter { $0.hasPrefix(".provision-parts/") }
    }

    @Test func anotherProcessGoesOn() async throws {
        let server = try await server()
        let bucket = try await server.makeBucket()
        let first = try await GCSTestStore.make(on: server, bucket: bucket)
        let upload = try await first.beginUpload("a", UploadOptions())
        let part = try await first.uploadPart(1, of: upload, .bytes([1]), checksum: nil)
        let second = try await GCSTestStore.make(on: server, bucket: bucket)
        let known = Upload(key: "a", id: upload.id, options: upload.options)
        let last = try await second.uploadPart(2, of: known, .bytes([2]), checksum: nil)
        _ = try await second.complete(known, [part, last], if: .ifAbsent)
        #expect(try await second.text("a") == "\u{1}\u{2}")
        for id in ["", "../x", "0123"] {
            await expectFailure(.invalid) { () throws(StoreError) in
                try await first.abort(Upload(key: "a", id: id, options: UploadOptions()))
            }
        }
    }

    @Test func aWholeObjectBecomesAPart() async throws {
        let store = try await GCSTestStore.make(on: server())
        let source = try await store.put("source", "0123")
        let upload = try await store.beginUpload("a", UploadOptions())
        let copied = try await store.copyPart(1, of: upload, from: CopySource("source", source), 0..<4)
        await expectFailure(.unsupported) { () throws(StoreError) in
            try await store.copyPart(2, of: upload, from: CopySource("source", source), 1..<4)
        }
        await expectFailure(.changed) { () throws(StoreError) in
            try await store.copyPart(2, of: upload, from: CopySource("source", ObjectVersion("none")), 0..<4)
        }
        let last = try await store.uploadPart(2, of: upload, .bytes([0x34]), checksum: nil)
        _ = try await store.complete(upload, [copied, last], if: .always)
        #expect(try await store.text("a") == "01234")
    }

    // MARK: Broken connections

    /// What has arrived is not sent again.
    @Test func aLargeBodyGoesOnWhereItBroke() async throws {
        let server = try await server()
        // The server has to notice that nothing more comes before it is asked how much has.
        let pause = Fault.Deed.meanwhile { ScriptedConnection.pause(milliseconds: 300) }
        let deeds: [Fault.Deed] = [.cutOff(after: 1 << 20), pause, .cutOff(after: 600_000), pause]
        let proxy = try FaultProxy(to: server.port, deeds.map { Fault($0, "PUT", of: "upload_id") })
        let bytes = Content.bytes(4 << 20, seed: 4)
        let store = try await GCSTestStore.make(on: server, port: proxy.port)
        let folder = try TemporaryFolder()
        try Data(bytes).write(to: URL(fileURLWithPath: folder.path("in")))
        let file = try SharedDescriptor(.open(RawPath(folder.path("in")), O_RDONLY))
        let version = try await store.put(
            "a", .file(file, 0..<bytes.count), PutOptions(if: .ifAbsent, checksum: .computed(.crc32c))
        ).version
        let read = try await store.read("a", .whole, of: version, into: .bytes(limit: bytes.count)).bytes == bytes
        #expect(read)
        #expect(proxy.done == [1, 1, 1, 1])
        let sent = proxy.passages.compactMap { $0.request.method == "PUT" ? $0.request["Content-Range"] : nil }
        #expect(
            sent == [
                "bytes 0-4194303/4194304", "bytes */4194304", "bytes 1048576-4194303/4194304", "bytes */4194304",
                "bytes 1572864-4194303/4194304",
            ])
    }

    /// Each write whose answer is lost is found to be done, although its own condition fails then.
    @Test func lostAnswers() async throws {
        let server = try await server()
        let name = try await server.makeBucket(["hierarchicalNamespace": ["enabled": true]])
        let direct = try await GCSTestStore.make(on: server, bucket: name)
        var proxies: [FaultProxy] = []
        func losing(_ method: String, _ part: String) async throws -> GCSStore {
            let proxy = try FaultProxy(to: server.port, [Fault(.behind({}), method, of: part)])
            proxies.append(proxy)
            let store = try await GCSTestStore.make(on: server, bucket: name, port: proxy.port)
            try await store.check()
            return store
        }
        let put = try await losing("POST", "uploadType=multipart").put("a", "mine", if: .ifAbsent)
        #expect(try await direct.text("a", of: put) == "mine")

        let copied = try await losing("POST", "rewriteTo").copy(CopySource("a"), to: "b", nil, if: .ifAbsent)
        #expect(try await direct.stat("b").version == copied.version)

        let upload = try await direct.beginUpload("c", UploadOptions())
        let part = try await direct.uploadPart(1, of: upload, .bytes([7]), checksum: nil)
        let composed = try await losing("POST", "compose").complete(upload, [part], if: .ifAbsent)
        #expect(try await direct.text("c", of: composed.version) == "\u{7}")

        let moved = try await losing("POST", "moveTo").rename("c", to: "d", if: .ifAbsent)
        #expect(try await direct.text("d", of: moved.version) == "\u{7}")

        let outcome = try await losing("DELETE", "/o/").delete([Deletion("d", ifVersion: moved.version)])
        try outcome[0].get()
        #expect(try await direct.listAll().keys == ["a", "b"])
        #expect(proxies.map(\.done) == [[1], [1], [1], [1], [1]])
    }
}
