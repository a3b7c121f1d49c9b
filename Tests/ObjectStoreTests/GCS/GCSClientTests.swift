import Checksums
import Foundation
import ObjectStore
import Platform
import TestSupport
import Testing

/// Google's own client and our store at the same server: what one has written the other reads.
@Suite(.enabled(if: GoogleStorage.isHere, Comment(rawValue: GoogleStorage.absence)))
struct GCSClientTests {
    private static let metadata = ObjectMetadata(contentType: "text/x-test", user: ["mtime": "1.5", "owner": "é=1"])

    /// In one request, in a session, and in parts.
    @Test(arguments: ["small", "large", "parts"])
    func itReadsWhatWeWrite(kind: String) async throws {
        let server = try await GoogleStorage.shared.server
        let bucket = try await server.makeBucket()
        let store = try await GCSTestStore.make(on: server, bucket: bucket)
        let bytes = Content.bytes(kind == "small" ? 5000 : 3 << 20, seed: 5)
        let key = ObjectKey("dir/é \(kind)")
        let version: ObjectVersion
        if kind == "parts" {
            let upload = try await store.beginUpload(key, UploadOptions(metadata: Self.metadata))
            var parts: [UploadedPart] = []
            for (number, start) in stride(from: 0, to: bytes.count, by: 1 << 20).enumerated() {
                let body = ByteSource.bytes(Array(bytes[start..<start + 1 << 20]))
                parts.append(try await store.uploadPart(number + 1, of: upload, body, checksum: nil))
            }
            version = try await store.complete(upload, parts, if: .ifAbsent).version
        } else {
            let options = PutOptions(if: .ifAbsent, metadata: Self.metadata, checksum: .computed(.crc32c))
            version = try await store.put(key, .bytes(bytes), options).version
        }
        let found = try GCSClient.run(["read", String(server.port), bucket, key.shown])
        #expect(try found["sha256"] == Checksum(.sha256, of: bytes).hex)
        #expect(found["size"] == String(bytes.count) && found["generation"] == version.text)
        #expect(found["type"] == "text/x-test" && found["metadata"] == #"{"mtime": "1.5", "owner": "é=1"}"#)
        #expect(found["part"] == bytes[1...3].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    }

    @Test func weReadWhatItWrites() async throws {
        let server = try await GoogleStorage.shared.server
        let bucket = try await server.makeBucket()
        let made = try GCSClient.run(["write", String(server.port), bucket, "dir/é a"])
        let store = try await GCSTestStore.make(on: server, bucket: bucket)
        let found = try await store.stat("dir/é a")
        #expect(found.metadata == Self.metadata && found.version.text == made["generation"])
        let result = try await store.read(
            "dir/é a", .whole, of: found.version, into: .bytes(limit: 2 << 20), checksum: .crc32c)
        #expect(try Checksum(.sha256, of: result.bytes).hex == made["sha256"])
        #expect(result.object.checksums.first == result.checksum)
        #expect(try await store.listAll().keys == ["dir/é a"])
    }

    /// So that the server is not only what we believe it to be.
    @Test(arguments: [("every-route", "20"), ("session", "15"), ("folders", "21")])
    func itFindsEachRouteAsItShouldBe(verb: String, checks: String) async throws {
        let server = try await GoogleStorage.shared.server
        let bucket = try await server.makeBucketWithFolders(taking: 300)
        let found = try GCSClient.run([verb, String(server.port), bucket])
        #expect(found == ["wrong": "", "checked": checks])
    }
}
