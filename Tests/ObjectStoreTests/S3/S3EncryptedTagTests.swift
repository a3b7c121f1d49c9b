import Checksums
import HTTP
import ObjectStore
import Platform
import TestSupport
import Testing

/// Which ETags are believed to be the MD5 of an object, by what its answers say of its encryption.
struct S3EncryptedTagTests {
    private static let encryption = "x-amz-server-side-encryption"
    private static let customers = "x-amz-server-side-encryption-customer-algorithm"

    static let answers: [(kind: S3Server, headers: [String: String], isMD5: Bool)] = [
        (.amazon, [:], true), (.amazon, [encryption: "AES256"], true), (.amazon, [encryption: "aws:kms"], false),
        (.amazon, [encryption: "aws:kms:dsse"], false), (.amazon, [customers: "AES256"], false),
        // Nobody knows what they will call the next one.
        (.amazon, [encryption: "something-new"], false),
        (.minio, [:], true), (.minio, [encryption: "AES256"], false), (.seaweedFS, [encryption: "AES256"], false),
        (.ceph, [encryption: "AES256"], false), (.cloudflare, [:], true), (.cloudflare, [customers: "AES256"], false),
        (.other, [:], false),
    ]

    @Test(arguments: answers)
    func checksums(kind: S3Server, headers: [String: String], isMD5: Bool) async throws {
        let content = Array("content".utf8)
        let checksum = try Checksum(.md5, of: content)
        let server = try ScriptedServer { request, connection in
            let all = headers.merging(["ETag": "\"\(checksum.hex)\"", "Content-Length": "7"]) { $1 }
            try connection.answer(200, all, request.method == "HEAD" ? [] : content)
        }
        let store = S3TestStore.make(server, kind)
        let known = isMD5 ? [checksum] : []
        #expect(try await store.stat("a").checksums == known)
        let read = try await store.read("a", .whole, of: nil, into: .bytes(limit: 10), checksum: .md5)
        #expect(read.object.checksums == known)
        #expect(read.checksum == checksum)
    }
}
