import Checksums
import HTTP
import Platform
import Signing
import TestSupport
import Testing

@testable import ObjectStore

/// What answers say, without a server.
struct AzureAnswersTests {
    private func listing(_ blobs: String, next: String = "") throws -> AzureListing {
        let text = "<Blobs>\(blobs)</Blobs><NextMarker>\(next)</NextMarker>"
        return try AzureListing(
            Array("\u{FEFF}<?xml version='1.0'?><EnumerationResults>\(text)</EnumerationResults>".utf8))
    }

    private func blob(_ name: String, _ more: String = "") -> String {
        "<Blob><Name>\(name)</Name><Properties><Etag>0x8</Etag></Properties>\(more)</Blob>"
    }

    private let mark = "<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata>"

    @Test func listings() throws {
        let listing = try listing(
            """
            <Blob><Name Encoded="true">a%2Fb%01%25</Name><Properties><Last-Modified>Fri, 20 Nov 2026 23:32:00 GMT</Last-Modified>
            <Etag>0x8DABC</Etag><Content-Length>7</Content-Length><Content-Type>text/x</Content-Type>
            <Content-MD5>XUFAKrxLKna5cZ2REBfFkg==</Content-MD5><AccessTier>Archive</AccessTier></Properties>
            <Metadata><Mtime>1.5</Mtime><a_x2d_b>c</a_x2d_b><Etag>other</Etag></Metadata></Blob>
            <Blob><Name>a%20b &amp; </Name><Properties><Etag>"0x9"</Etag></Properties></Blob>
            <BlobPrefix><Name Encoded="true">c%01/</Name></BlobPrefix><BlobPrefix><Name>d%01/</Name></BlobPrefix>
            <Blob><Name>e</Name><Properties><ResourceType>directory</ResourceType></Properties></Blob>
            """, next: "2!76!x")
        #expect(listing.objects.map(\.key) == ["a/b\u{1}%", "a%20b & "])
        #expect(listing.objects.map(\.version.text) == ["0x8DABC", "0x9"])
        let first = listing.objects[0]
        #expect(first.modified == FileTime(seconds: 1_795_217_520, nanoseconds: 0))
        #expect(first.size == 7 && first.isArchived && first.checksums.map(\.algorithm) == [.md5])
        #expect(
            first.metadata
                == ObjectMetadata(
                    contentType: "text/x", user: ["mtime": "1.5", "a-b": "c", "etag": "other"]))
        #expect(listing.prefixes == ["c\u{1}/", "d%01/"] && listing.folders == ["e"] && listing.marker == "2!76!x")
        #expect(throws: XMLProblem.self) { try AzureListing(Array("<html/>".utf8)) }
    }

    /// The place of a folder is behind names that begin with it and go on with less than a slash.
    @Test func foldersWaitForTheirPlace() throws {
        var request = ListRequest()
        let first = AzurePosition.finish(try listing(blob("a", mark) + blob("a!"), next: "m1"), request)
        #expect(first.objects.map(\.key) == ["a!"] && first.prefixes.isEmpty)
        request.continuation = first.next
        #expect(AzurePosition(request).marker == "m1" && AzurePosition(request).folders == ["a/"])
        let second = AzurePosition.finish(try listing(blob("a.b"), next: "m2"), request)
        #expect(second.prefixes.isEmpty)
        request.continuation = second.next
        let last = AzurePosition.finish(try listing(blob("b") + blob("c", mark)), request)
        #expect(last.prefixes == ["a/", "c/"] && last.next == nil)
        let full = AzurePosition.finish(try listing(blob("a/b") + blob("b")), request)
        #expect(full.prefixes.isEmpty)
    }

    @Test(
        arguments: [
            (404, "BlobNotFound", .notFound), (404, "ContainerNotFound", .notFound), (404, nil, .notFound),
            (403, "AuthenticationFailed", .denied), (403, "AuthorizationPermissionMismatch", .denied),
            (401, "NoAuthenticationInformation", .denied), (409, "PublicAccessNotPermitted", .denied),
            (409, "BlobArchived", .archived), (412, "LeaseIdMissing", .denied), (409, "LeaseAlreadyPresent", .denied),
            (404, "SourcePathNotFound", .notFound), (404, "RenameDestinationParentPathNotFound", .notFound),
            (404, "FilesystemNotFound", .notFound), (409, "PathAlreadyExists", .changed),
            (409, "DestinationPathIsBeingDeleted", .throttled), (409, "InvalidRenameSourcePath", .invalid),
            (409, "DirectoryNotEmpty", .invalid), (409, "DirectoryIsNotEmpty", .invalid),
            (409, "ResourceTypeMismatch", .invalid),
            (503, "ServerBusy", .throttled), (500, "OperationTimedOut", .throttled), (429, nil, .throttled),
            (412, "ConditionNotMet", .changed), (409, "BlobAlreadyExists", .changed),
            (412, "SourceConditionNotMet", .changed), (400, "InvalidBlockList", .invalid),
            (416, "InvalidRange", .invalid), (400, "Md5Mismatch", .inputOutput), (400, "Crc64Mismatch", .inputOutput),
            (413, "RequestBodyTooLarge", .tooLarge), (405, "UnsupportedHttpVerb", .invalid), (501, nil, .unsupported),
        ] as [(Int, String?, StoreError.Code)])
    func errors(status: Int, word: String?, code: StoreError.Code) {
        let document = word.map {
            "<?xml version='1.0'?><Error><Code>\($0)</Code><Message>m\u{9B}2J\nRequestId:1</Message></Error>"
        }
        let failure = AzureFailure(container: "data", credential: nil, owner: "tests", now: 0)
        let inBody = AzureErrorAnswer(
            HTTPResponse(
                head: HTTPHead(status: status, headers: ["x-ms-request-id": "R1"]),
                body: Array((document ?? "").utf8)))
        let ofTrees = word.map { #"{"error": {"code": "\#($0)", "message": "m\u009b2J\nRequestId:1"}}"# }
        let inJSON = AzureErrorAnswer(
            HTTPResponse(
                head: HTTPHead(status: status, headers: ["x-ms-request-id": "R1"]), body: Array((ofTrees ?? "").utf8)))
        #expect(inJSON.code == word && inJSON.message == inBody.message)
        var headers: HTTPHeaders = [:]
        headers["x-ms-error-code"] = word
        let inHead = AzureErrorAnswer(HTTPResponse(head: HTTPHead(status: status, headers: headers)))
        for answer in [inBody, inJSON, inHead] {
            let error = failure.error(answer, "cannot read a", broken: .changed)
            #expect(error.code == code && error.message.hasPrefix("cannot read a: ") && error.status == status)
            #expect(error.message == error.message.printable && !error.message.contains("RequestId"))
        }
        #expect(failure.error(inBody, "").requestID == "R1")
    }

    @Test func namesOfMetadata() {
        for (name, encoded) in [
            ("mtime", "mtime"), ("a-b", "a_x2d_b"), ("1a", "_x31_a"), ("a_b", "a_b"), ("a_x2d_b", "a_x5f_x2d_b"),
            ("_", "_"), ("a.b c", "a_x2e_b_x20_c"), ("_x", "_x"), ("__x2d_", "__x5f_x2d_"),
        ] {
            #expect(AzureName.encoded(name) == encoded)
            #expect(AzureName.decoded(encoded) == name)
        }
        // Not of our making.
        for name in ["a_x61_b", "_xff_", "a_X2D_b"] { #expect(AzureName.decoded(name) == name) }
    }

    @Test func namesOfBlocks() throws {
        let id = RandomID.make()
        let blocks = [1, 10, 9_999_999].map { AzureBlock(of: id, number: $0) }
        #expect(Set(blocks.map(\.text.utf8.count)) == [76])
        for block in blocks {
            #expect(AzureBlock(block.text) == block)
            #expect(try #require(Base64.bytes(of: block.text)).count <= 64)
        }
        let second = AzureBlock(of: id, number: 1)
        #expect(second.time > blocks[0].time && second.text != blocks[0].text)
        for other in ["", "AAAA", Base64.text(of: Array(repeating: 0x2D, count: 57))] {
            #expect(AzureBlock(other) == nil)
        }
    }

    /// The check value of CRC-64/NVME, its lowest byte first.
    @Test func checksumsBeginWithTheLowestByte() throws {
        var headers: HTTPHeaders = [:]
        AzureChecksums.add(try Checksum(.crc64nvme, of: Array("123456789".utf8)), to: &headers)
        #expect(headers["x-ms-content-crc64"] == Base64.text(of: [0x88, 0x98, 0x79, 0x0A, 0x86, 0x14, 0x8B, 0xAE]))
    }

    @Test func addresses() throws {
        let site = AzureSite(account: "mine", container: "$web")
        #expect(site.address("a b/ü").text == "https://mine.blob.core.windows.net/%24web/a%20b/%C3%BC")
        #expect(
            site.address(nil, [("comp", "list"), ("prefix", nil), ("marker", "a&b")]).query == "comp=list&marker=a%26b")
        let emulator = AzureSite(
            account: "mine", container: "data", service: try HTTPAddress(parsing: "http://127.0.0.1:10000/mine/"))
        #expect(emulator.address("a").text == "http://127.0.0.1:10000/mine/data/a")
        #expect(emulator.tree == nil && site.place("a/ü")?.text == "https://mine.dfs.core.windows.net/%24web/a/%C3%BC")
    }

    /// Where Azure has the other host of an account.
    @Test(
        arguments: [
            ("https://mine.blob.core.windows.net", "https://mine.dfs.core.windows.net/"),
            ("https://mine.blob.core.chinacloudapi.cn/", "https://mine.dfs.core.chinacloudapi.cn/"),
            ("https://mine.z01.blob.storage.azure.net", "https://mine.z01.dfs.storage.azure.net/"),
            ("https://mine.privatelink.blob.core.windows.net", "https://mine.privatelink.dfs.core.windows.net/"),
            ("https://blob.blob.core.windows.net", "https://blob.dfs.core.windows.net/"),
            ("http://mine.blob.localhost:10000", "http://mine.dfs.localhost:10000/"),
            ("http://127.0.0.1:10000/mine", nil), ("https://mine.example.org", nil), ("https://blob", nil),
        ] as [(String, String?)])
    func theHostForTrees(service: String, tree: String?) throws {
        #expect(AzureSite.tree(beside: try HTTPAddress(parsing: service))?.text == tree)
    }
}
