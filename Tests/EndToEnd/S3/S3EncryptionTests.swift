import Checksums
import Foundation
import TestSupport
import Testing

/// ETags that look like an MD5 and are none, which Amazon gives to what is encrypted with a key of one's own: nothing is wrong
/// with such an object, and without that excuse everything is.
@Suite struct S3EncryptionTests {
    private let files: CopySandbox

    init() throws {
        files = try CopySandbox()
    }

    private static let excuse = "x-amz-server-side-encryption"
    private static let ownKey = [
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
        "x-amz-server-side-encryption-customer-key-MD5": "ZjQrne1X/iTcskbY2example",
    ]

    /// What an object's tag is the MD5 of is something else here.
    private func bucket(_ bytes: [UInt8], _ headers: [String: String], _ server: String?) throws -> AmazonStandIn {
        var object = AmazonStandIn.Object(bytes)
        object.tag = try Checksum(.md5, of: Array("something else".utf8)).hex
        object.headers = headers
        return AmazonStandIn(objects: ["a": object], name: server)
    }

    private func copy(
        _ bucket: AmazonStandIn, _ source: String, _ keys: String, _ status: Int32,
        at location: Testing.SourceLocation = #_sourceLocation
    ) async throws -> Document {
        let server = try bucket.serve()
        let task = "file_mounts: {\"\(files.destination)/\": {source: \"\(source)\", mode: COPY, \(keys)}}"
        let finished = try await Program.start(
            try files.words(task, []), environment: AmazonStandIn.environment("http://127.0.0.1:\(server.port)"),
            in: files.folder.path
        ).end()
        #expect(finished.status == status, "\(finished.output)\(finished.errors)", sourceLocation: location)
        return try Document(finished)
    }

    private var copied: [UInt8]? {
        (try? Data(contentsOf: URL(filePath: files.path("dst/a")))).map { [UInt8]($0) }
    }

    /// What the server calls itself, what it says of the object, and how the copy ends.
    static let answers: [(server: String?, headers: [String: String], status: Int32)] = [
        ("AmazonS3", [excuse: "aws:kms", excuse + "-aws-kms-key-id": "arn:aws:kms:eu-west-1:1:key/k"], 0),
        ("AmazonS3", [excuse: "aws:kms:dsse"], 0), ("AmazonS3", ownKey, 0),
        // With keys of Amazon's own the tag is the MD5 of what comes out; of others that is not known.
        ("AmazonS3", [excuse: "AES256"], 74), ("MinIO", [excuse: "AES256"], 0),
        ("AmazonS3", [:], 74), ("MinIO", [:], 74), (nil, [:], 0),
    ]

    /// Below a prefix, where the listing knows nothing of encryption, and by itself.
    @Test(arguments: answers, ["s3://data", "s3://data/a"])
    func aSmallObject(
        _ answer: (server: String?, headers: [String: String], status: Int32), source: String
    ) async throws {
        let content = Array("what is stored".utf8)
        let bucket = try bucket(content, answer.headers, answer.server)
        let document = try await copy(bucket, source, "checksum: auto", answer.status)
        let reads = bucket.log.requests.filter(\.isRead)
        if answer.status == 0 {
            #expect(copied == content)
            #expect(reads.count == 1)
        } else {
            #expect(document.mounts.first?.code == "checksum-mismatch")
            #expect(!Files.isThere(files.path("dst/a")))
            // It may have been the way.
            #expect(reads.count == 3)
        }
    }

    /// In parts, with what is asked of the whole.
    @Test(arguments: [("aws:kms", "full", 0), ("", "full", 74), ("", "auto", 0)] as [(String, String, Int32)])
    func aLargeObject(encryption: String, checksum: String, status: Int32) async throws {
        let content = BucketSandbox.bytes(11 << 20)
        let bucket = try bucket(content, encryption.isEmpty ? [:] : [Self.excuse: encryption], "AmazonS3")
        let document = try await copy(bucket, "s3://data", "part_size: 5MiB, checksum: \(checksum)", status)
        // Megabytes are not to be printed.
        let isWhole = copied == content
        #expect(isWhole == (status == 0))
        if status != 0 {
            #expect(!Files.isThere(files.path("dst/a")))
            #expect(document.mounts.first?.code == "checksum-mismatch")
        }
        #expect(bucket.log.requests.contains { $0.isRead && $0["Range"] != nil })
    }

    /// That the tag is looked at at all, and rightly.
    @Test(arguments: ["", "AES256"]) func theRightOne(encryption: String) async throws {
        let content = Array("what is stored".utf8)
        var bucket = try bucket(content, encryption.isEmpty ? [:] : [Self.excuse: encryption], "AmazonS3")
        bucket.objects["a"]?.tag = try Checksum(.md5, of: content).hex
        _ = try await copy(bucket, "s3://data", "checksum: full", 0)
        #expect(copied == content)
    }
}
