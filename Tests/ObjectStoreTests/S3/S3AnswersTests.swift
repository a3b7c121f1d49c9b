import Checksums
import HTTP
import Platform
import Testing

@testable import ObjectStore

/// What answers say, without a server.
struct S3AnswersTests {
    private func listing(_ inner: String) throws -> S3Listing {
        try S3Listing(Array("<?xml version='1.0'?><ListBucketResult>\(inner)</ListBucketResult>".utf8))
    }

    @Test func listings() throws {
        let listing = try listing(
            """
            <Name>b</Name><Prefix></Prefix><KeyCount>3</KeyCount><IsTruncated>true</IsTruncated>
            <Contents><Key>a%2Fb+c%2B%FF</Key><LastModified>2026-11-20T23:32:00.125Z</LastModified>
            <ETag>&quot;0123&quot;</ETag><Size>7</Size><StorageClass>GLACIER_IR</StorageClass>
            <ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>
            <Owner><ID>1</ID></Owner></Contents>
            <Contents><Key>d</Key><LastModified>2026-11-20T23:32:00Z</LastModified><ETag>x-2</ETag><Size>0</Size>
            <StorageClass>DEEP_ARCHIVE</StorageClass><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>
            <ChecksumType>COMPOSITE</ChecksumType></Contents>
            <Contents><Key>e</Key><StorageClass>GLACIER</StorageClass><RestoreStatus>
            <IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2026-12-01T00:00:00Z</RestoreExpiryDate>
            </RestoreStatus></Contents>
            <CommonPrefixes><Prefix>f%2F</Prefix></CommonPrefixes>
            <NextContinuationToken>t/1=</NextContinuationToken><EncodingType>url</EncodingType>
            """)
        let objects = listing.page.objects
        #expect(objects.map(\.key) == [ObjectKey(Array("a/b c+".utf8) + [0xFF]), "d", "e"])
        #expect(objects[0].modified == FileTime(seconds: 1_795_217_520, nanoseconds: 125_000_000))
        #expect(objects.map(\.version.text) == ["0123", "x-2", ""])
        #expect(objects.map(\.size) == [7, 0, 0])
        #expect(objects.map(\.isArchived) == [false, true, false])
        #expect(objects.map(\.checksumAlgorithm) == [.crc64nvme, nil, nil])
        #expect(listing.page.prefixes == ["f/"])
        let next = S3Position.next(listing)
        #expect(S3Position(ListRequest(continuation: next)) == .token("t/1="))
    }

    /// Of servers that know only the first version of listing.
    @Test func listingsOfTheFirstVersion() throws {
        let plain = try listing("<IsTruncated>true</IsTruncated><Contents><Key>a%2F</Key></Contents>")
        #expect(plain.page.objects.map(\.key) == ["a%2F"])
        let next = S3Position.next(plain)
        #expect(S3Position(ListRequest(continuation: next)) == .marker("a%2F"))
        let grouped = try listing(
            """
            <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextMarker>a%2F</NextMarker>
            <CommonPrefixes><Prefix>a%2F</Prefix></CommonPrefixes>
            """)
        #expect(S3Position(ListRequest(continuation: S3Position.next(grouped))) == .marker("a/"))
        #expect(S3Position.next(try listing("<IsTruncated>false</IsTruncated>")) == nil)
    }

    @Test func whatIsNoListing() {
        #expect(throws: XMLProblem.self) { try S3Listing(Array("<html/>".utf8)) }
    }

    @Test(
        arguments: [
            (403, "AccessDenied", .denied), (404, "NoSuchKey", .notFound), (404, "NoSuchBucket", .notFound),
            (403, "InvalidAccessKeyId", .denied), (403, "SignatureDoesNotMatch", .denied),
            (400, "ExpiredToken", .expiredCredentials), (301, "PermanentRedirect", .wrongRegion),
            (400, "AuthorizationHeaderMalformed", .wrongRegion), (403, "InvalidObjectState", .archived),
            (412, "PreconditionFailed", .changed), (416, "InvalidRange", .invalid), (503, "SlowDown", .throttled),
            (200, "InternalError", .throttled), (400, "BadDigest", .inputOutput), (501, "NotImplemented", .unsupported),
            (400, "InvalidPart", .invalid), (400, "EntityTooLarge", .tooLarge), (409, "BucketNotEmpty", .changed),
            (507, "XMinioStorageFull", .noSpace), (403, nil, .denied), (404, nil, .notFound), (500, nil, .throttled),
        ] as [(Int, String?, StoreError.Code)])
    func errors(status: Int, word: String?, code: StoreError.Code) {
        let document = word.map { "<Error><Code>\($0)</Code><Message>m\u{9B}2J</Message></Error>" } ?? ""
        let head = HTTPHead(status: status, headers: ["x-amz-request-id": "R1", "x-amz-id-2": "H1"])
        let answer = S3ErrorAnswer(HTTPResponse(head: head, body: Array(document.utf8)))
        let error = S3Failure.error(answer, "cannot read a", bucket: "b", identity: "tests", condition: .ofRead)
        #expect(error.code == code, "\(error)")
        #expect(error.requestID == "R1 H1" && error.status == status)
        #expect(error.message.hasPrefix("cannot read a: ") && !error.message.unicodeScalars.contains("\u{9B}"))
        if code == .denied { #expect(error.message.contains("tests") || word == "AccessDenied") }
    }

    @Test func regionsAreNamed() {
        let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>"
        let answer = S3ErrorAnswer(
            HTTPResponse(head: HTTPHead(status: 400, headers: [:]), body: Array(body.utf8)))
        let error = S3Failure.error(answer, "cannot list b", bucket: "b", identity: nil)
        #expect(error.message == "cannot list b: bucket b is in region eu-west-3")
    }

    @Test func entityTags() throws {
        #expect(ObjectVersion(entityTag: "\"ab\"")?.text == "ab")
        #expect(ObjectVersion(entityTag: "W/\"ab\"")?.text == "ab")
        #expect(ObjectVersion(entityTag: "ab")?.text == "ab")
        #expect(ObjectVersion(entityTag: "") == nil)
        #expect(try ObjectVersion("ab").condition == "\"ab\"")
        #expect(throws: StoreError.self) { try ObjectVersion("a\r\nX: b").condition }
    }

    @Test(arguments: ["plain text", "é=1", " a ", "=?x", "", "line\nbreak", "日本"])
    func metadataValues(value: String) {
        let encoded = EncodedWord.encoded(value)
        #expect(HeaderText.isPlain(encoded))
        #expect(EncodedWord.decoded(encoded) == value)
    }

    @Test func foreignMetadata() throws {
        #expect(EncodedWord.decoded("=?UTF-8?Q?a_=C3=A9?=") == "a é")
        #expect(EncodedWord.decoded("=?ISO-8859-1?Q?a?=") == "=?ISO-8859-1?Q?a?=")
        let metadata = S3Metadata.metadata(["Content-Type": "a/b", "X-Amz-Meta-MTime": "1.5"])
        #expect(metadata == ObjectMetadata(contentType: "a/b", user: ["mtime": "1.5"]))
        #expect(throws: StoreError.self) { try S3Metadata.headers(ObjectMetadata(user: ["a b": "c"])) }
        #expect(throws: StoreError.self) { try S3Metadata.headers(ObjectMetadata(contentType: "a\r\nb: c")) }
    }

    @Test(
        arguments: [
            (["Server": "AmazonS3"], .amazon), (["Server": "SeaweedFS 30GB 4.48"], .seaweedFS),
            (["Server": "MinIO"], .minio), (["Server": "cloudflare"], nil),
            (["Server": "cloudflare", "x-amz-request-id": "tx00000b03d-006b010d24-100d-default"], .ceph),
            (["x-amz-request-id": "tx00000b03d-006b010d24-100d-default"], .ceph),
            (["x-amz-request-id": "tx00000b03d-006b010d24", "X-Trans-Id": "tx00000b03d-006b010d24"], nil), ([:], nil),
        ] as [(HTTPHeaders, S3Server?)])
    func servers(headers: HTTPHeaders, server: S3Server?) {
        #expect(S3Server(headers) == server)
    }

    /// What is behind a network that names itself in every answer is not that network's own store.
    @Test(
        arguments: [
            ("0123.r2.cloudflarestorage.com", .cloudflare), ("0123.eu.r2.cloudflarestorage.com", .cloudflare),
            ("s3.eu-west-1.amazonaws.com", .amazon), ("s3.example.com", .other),
            ("r2.cloudflarestorage.com.example.com", .other),
        ] as [(String, S3Server)])
    func serversByTheirPlace(host: String, server: S3Server) {
        #expect(S3Server(S3Site(.endpoint(S3Endpoint(host: host)), bucket: "data")) == server)
    }
}
