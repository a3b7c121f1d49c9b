import Checksums
import HTTP
import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing

/// What answers say of objects that were uploaded in parts.
struct S3ComposedTests {
    private static let digest = "9bb58f26192e4ba00f01e2e7b136bbd8"

    @Test(arguments: [
        ("\(digest)-3", [3]), ("\(digest)", []), ("\(digest)-0", []), ("\(digest)-", []), ("\(digest)-x", []),
        ("\(digest)-3-3", []), ("-3", []), ("abc-3", []), ("\(digest)--3", []),
    ]) func tags(tag: String, parts: [Int]) async throws {
        let server = try ScriptedServer { _, connection in
            try connection.answer(200, ["ETag": "\"\(tag)\"", "Content-Length": "7"])
        }
        #expect(try await S3TestStore.make(server, .amazon).stat("a").composites.map(\.parts) == parts)
        // Of what is encrypted with other keys it is none, and of others nobody knows.
        #expect(try await S3TestStore.make(server, .other).stat("a").composites == [])
        // MinIO makes them up where that is faster, and they look the same.
        #expect(try await S3TestStore.make(server, .minio).stat("a").composites == [])
    }

    /// A server may say anything of a part.
    @Test(
        arguments: [
            (2, 3, 5, true), (2, 5, 5, false), (1, 5, 5, true), (1, 6, 5, false), (3, 2, 5, true), (3, 2, 6, true),
            (3, 2, 7, false), (1, 0, 0, false), (0, 0, 0, false), (1, 0, 5, false), (1, -1, 5, false),
            (1, .max, 5, false),
            (1, .max, .max, true), (2, .max, .max, false),
        ] as [(Int, Int, Int, Bool)]) func sizesThatFit(parts: Int, partSize: Int, size: Int, fits: Bool) throws
    {
        let composite = CompositeChecksum(try Checksum(.md5, of: [] as [UInt8]), parts: parts)
        #expect(composite.fits(partSize: partSize, of: size) == fits)
    }

    @Test func checksums() async throws {
        let server = try ScriptedServer { _, connection in
            let headers = [
                "ETag": "\"v\"", "Content-Length": "7", "x-amz-checksum-type": "COMPOSITE",
                "x-amz-checksum-crc32c": "AQIDBA==-12",
            ]
            try connection.answer(200, headers)
        }
        let info = try await S3TestStore.make(server, .amazon).stat("a")
        #expect(info.checksums == [])
        #expect(info.composites == [CompositeChecksum(Checksum(.crc32c, [1, 2, 3, 4]), parts: 12)])
    }

    /// Servers that do not know the question answer for the whole object, or refuse.
    @Test(
        arguments: [
            (206, ["x-amz-mp-parts-count": "3"], 7), (200, [:], nil), (405, [:], nil), (501, [:], nil), (416, [:], nil),
        ] as [(Int, [String: String], Int?)])
    func sizesOfParts(status: Int, headers: [String: String], size: Int?) async throws {
        let asked = Mutex("")
        let server = try ScriptedServer { request, connection in
            asked.withLock { $0 = request.target }
            try connection.answer(
                status, headers.merging(["ETag": "\"v\"", "Content-Length": "7"]) { $1 })
        }
        let store = S3TestStore.make(server, .amazon)
        #expect(try await store.size(ofPart: 2, of: "a", ObjectVersion("v")) == size)
        #expect(asked.withLock { $0 }.hasSuffix("?partNumber=2"))
    }

    /// Who refuses this question alone leaves it unanswered.
    @Test(arguments: [400, 403]) func refusals(status: Int) async throws {
        let server = try ScriptedServer { request, connection in
            if request.target.contains("partNumber") { return try connection.answer(status) }
            try connection.answer(206, ["ETag": "\"v\"", "Content-Range": "bytes 0-0/7"], "c")
        }
        #expect(try await S3TestStore.make(server).size(ofPart: 1, of: "a", ObjectVersion("v")) == nil)
        #expect(server.requests == 3)
    }

    /// HEAD's refusals have no body: what is wrong with the credentials a GET says.
    @Test func expiredCredentials() async throws {
        let server = try ScriptedServer { request, connection in
            let body = request.method == "HEAD" ? "" : "<Error><Code>ExpiredToken</Code></Error>"
            try connection.answer(400, [:], body)
        }
        await #expect { try await S3TestStore.make(server).size(ofPart: 1, of: "a", ObjectVersion("v")) } throws: {
            error in
            (error as? StoreError)?.code == .expiredCredentials
        }
    }

    @Test func anObjectThatHasChanged() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(412) }
        await #expect { try await S3TestStore.make(server).size(ofPart: 1, of: "a", ObjectVersion("v")) } throws: {
            error in
            (error as? StoreError)?.code == .changed
        }
    }

    /// As a real server answers.
    @Test(.enabled(if: SeaweedFS.isHere, Comment(rawValue: SeaweedFS.absence)))
    func onSeaweedFS() async throws {
        let store = try await S3TestStore.make(on: SeaweedFS.shared.server)
        let part = [UInt8](repeating: 7, count: 5 << 20)
        let upload = try await store.beginUpload("a", UploadOptions())
        var parts: [UploadedPart] = []
        for (number, bytes) in [(1, part), (2, Array(part.prefix(10)))] {
            parts.append(try await store.uploadPart(number, of: upload, .bytes(bytes), checksum: nil))
        }
        let version = try await store.complete(upload, parts, if: .always).version
        let info = try await store.stat("a")
        let digests = try [part, Array(part.prefix(10))].flatMap { try Checksum(.md5, of: $0).bytes }
        #expect(info.composites == [CompositeChecksum(try Checksum(.md5, of: digests), parts: 2)])
        #expect(try await store.size(ofPart: 1, of: "a", version) == 5 << 20)
        #expect(try await store.size(ofPart: 2, of: "a", version) == 10)
    }
}
