import HTTP
import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing

/// How far archived objects have been restored: who is asked for that, and what is made of it.
struct S3RestorationTests {
    private static let attribute = "x-amz-optional-object-attributes"

    private static func listing(_ contents: String = "") -> String {
        "<ListBucketResult><IsTruncated>false</IsTruncated>\(contents)</ListBucketResult>"
    }

    /// Others do not know the question, and may refuse what they do not know.
    @Test(arguments: S3Server.allCases) func whoIsAsked(kind: S3Server) async throws {
        let asked = Mutex<[String?]>([])
        let server = try ScriptedServer { request, connection in
            asked.withLock { $0.append(request[Self.attribute]) }
            if request.isListing { return try connection.answer(200, [:], Self.listing()) }
            try connection.answer(200, ["ETag": "\"e\""], request.method == "HEAD" ? "" : "content")
        }
        let store = S3TestStore.make(server, kind)
        _ = try await store.list(ListRequest())
        _ = try await store.list(ListRequest(prefix: "a/", grouping: .bySlash))
        _ = try await store.text("a")
        let expected = kind == .amazon ? "RestoreStatus" : nil
        #expect(asked.withLock { $0 } == [expected, expected, nil])
    }

    /// Wherever it is: by another name its answers tell.
    @Test func whoeverSaysToBeAmazon() async throws {
        let asked = Mutex<[ReceivedRequest]>([])
        let server = try ScriptedServer { request, connection in
            asked.withLock { $0.append(request) }
            try connection.answer(200, ["Server": "AmazonS3"], Self.listing())
        }
        let store = S3TestStore.make(server)
        for _ in 0..<2 { _ = try await store.list(ListRequest()) }
        let requests = asked.withLock { $0 }
        let last = try #require(requests.last)
        #expect(last[Self.attribute] == "RestoreStatus")
        #expect(last["Authorization"]?.contains(";\(Self.attribute)") == true)
    }

    private static let underWay = "<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>"
    private static let done =
        "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>"
        + "<RestoreExpiryDate>2035-12-21T00:00:00.000Z</RestoreExpiryDate></RestoreStatus>"

    /// What is said of one object is not said of the next.
    @Test func inAListing() async throws {
        let said = [
            ("a", "GLACIER", ""), ("b", "GLACIER", Self.done), ("c", "GLACIER", Self.underWay), ("d", "GLACIER", ""),
            ("e", "DEEP_ARCHIVE", Self.done), ("f", "DEEP_ARCHIVE", ""), ("g", "GLACIER_IR", ""), ("h", "STANDARD", ""),
        ]
        let contents = said.map { key, storageClass, status in
            "<Contents><Key>\(key)</Key><Size>1</Size><ETag>e</ETag><StorageClass>\(storageClass)</StorageClass>"
                + "\(status)</Contents>"
        }
        let server = try ScriptedServer { _, connection in
            try connection.answer(200, [:], Self.listing(contents.joined()))
        }
        let page = try await S3TestStore.make(server, .amazon).list(ListRequest())
        #expect(page.objects.filter(\.isArchived).map(\.key) == ["a", "c", "d", "f"])
        #expect(page.objects.compactMap(\.storageClass) == said.map { $0.1 })
    }

    @Test(
        arguments: [
            (["x-amz-storage-class": "GLACIER"], true),
            (["x-amz-storage-class": "GLACIER", "x-amz-restore": "ongoing-request=\"true\""], true),
            (
                [
                    "x-amz-storage-class": "DEEP_ARCHIVE",
                    "x-amz-restore": "ongoing-request=\"false\", expiry-date=\"Fri, 21 Dec 2035 00:00:00 GMT\"",
                ], false
            ),
            (["x-amz-storage-class": "INTELLIGENT_TIERING", "x-amz-archive-status": "DEEP_ARCHIVE_ACCESS"], true),
            (["x-amz-storage-class": "INTELLIGENT_TIERING"], false), (["x-amz-storage-class": "GLACIER_IR"], false),
            ([:], false),
        ] as [([String: String], Bool)])
    func byItsHeaders(headers: [String: String], isArchived: Bool) async throws {
        let server = try ScriptedServer { _, connection in
            try connection.answer(200, headers.merging(["ETag": "\"e\"", "Content-Length": "4"]) { $1 })
        }
        #expect(try await S3TestStore.make(server, .amazon).stat("a").isArchived == isArchived)
    }
}
