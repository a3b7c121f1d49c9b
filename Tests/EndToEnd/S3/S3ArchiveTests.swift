import Foundation
import TestSupport
import Testing

/// Objects in Amazon's archives: what has been restored is copied, and all else is refused before the first byte.
@Suite struct S3ArchiveTests {
    private let files: CopySandbox

    init() throws {
        files = try CopySandbox()
    }

    /// How the copy of an object ends by the class that it has and how far it has been restored.
    static let cases: [(String, AmazonStandIn.Restoration, Int32)] = [
        ("GLACIER", .done, 0), ("DEEP_ARCHIVE", .done, 0),
        ("GLACIER", .underWay, 78), ("DEEP_ARCHIVE", .underWay, 78),
        ("GLACIER", .never, 78), ("DEEP_ARCHIVE", .never, 78),
        ("GLACIER_IR", .never, 0), ("STANDARD", .never, 0),
    ]

    private func bucket(_ storageClass: String, _ restoration: AmazonStandIn.Restoration) -> AmazonStandIn {
        var old = AmazonStandIn.Object("archived")
        old.storageClass = storageClass
        old.restoration = restoration
        return AmazonStandIn(objects: ["new.bin": .init("at hand"), "old.bin": old])
    }

    private func run(
        _ source: String, _ environment: [String: String], _ options: [String], _ keys: String = ""
    ) async throws -> Finished {
        let keys = keys.isEmpty ? "" : ", " + keys
        let task = "file_mounts: {\"\(files.destination)/\": {source: \"\(source)\", mode: COPY\(keys)}}"
        return try await Program.start(
            try files.words(task, options), environment: environment, in: files.folder.path
        ).end()
    }

    /// A dry run and a run end alike; one that is refused says why, reads nothing and leaves nothing.
    private func expect(
        _ status: Int32, _ source: String, _ environment: [String: String], _ bucket: AmazonStandIn,
        at location: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        for options in [["--dry-run"], []] {
            let finished = try await run(source, environment, options)
            #expect(finished.status == status, "\(finished.output)\(finished.errors)", sourceLocation: location)
            let problem = try Document(finished).diagnostics.first { $0.hasPrefix("error archived-object ") }
            #expect(problem?.contains("`old.bin`") == (status == 78 ? true : nil), sourceLocation: location)
        }
        if status == 0 {
            #expect(files.content("dst/old.bin") == "archived", sourceLocation: location)
        } else {
            #expect(bucket.log.requests.filter(\.isRead).count == 0, sourceLocation: location)
            #expect(!Files.isThere(files.destination), sourceLocation: location)
        }
    }

    /// How many objects were asked about, be it more than once.
    private func looks(_ bucket: AmazonStandIn) -> Int {
        Set(bucket.log.requests.filter { $0.method == "HEAD" }.map(\.target)).count
    }

    /// What listings say of it Amazon has to be asked for, which signatures have to cover.
    @Test(arguments: cases)
    func inAListing(storageClass: String, restoration: AmazonStandIn.Restoration, status: Int32) async throws {
        let bucket = bucket(storageClass, restoration)
        let server = try bucket.serve()
        // Who is asked is known by the host, which is Amazon's own; a proxy leads to where it is not.
        let proxy = try RelayProxy(to: server.port)
        var environment = AmazonStandIn.environment("http://s3.eu-west-1.amazonaws.com")
        environment["http_proxy"] = "http://127.0.0.1:\(proxy.port)"
        try await expect(status, "s3://data", environment, bucket)
        if status == 0 { #expect(files.content("dst/new.bin") == "at hand") }
        let attribute = "x-amz-optional-object-attributes"
        let listings = bucket.log.requests.filter(\.isListing)
        #expect(!listings.isEmpty)
        for listing in listings {
            #expect(listing["Host"] == "data.s3.eu-west-1.amazonaws.com")
            #expect(listing[attribute] == "RestoreStatus")
            let signed = listing["Authorization"]?.split(separator: "SignedHeaders=").last?.prefix { $0 != "," } ?? ""
            #expect(signed.split(separator: ";").map(String.init).contains(attribute))
        }
        for request in bucket.log.requests where !request.isListing { #expect(request[attribute] == nil) }
    }

    /// Elsewhere listings do not say what has been restored, and those that are archived are looked at.
    @Test(arguments: cases, ["MinIO", "AmazonS3", nil])
    func inAnothersListing(
        _ answer: (storageClass: String, restoration: AmazonStandIn.Restoration, status: Int32), name: String?
    ) async throws {
        var bucket = bucket(answer.storageClass, answer.restoration)
        bucket.name = name
        let server = try bucket.serve()
        let environment = AmazonStandIn.environment("http://127.0.0.1:\(server.port)")
        try await expect(answer.status, "s3://data", environment, bucket)
    }

    /// What Amazon archives by itself no listing says, and only of what nobody has read for long it can be.
    @Test(arguments: [("ARCHIVE_ACCESS", 78), ("DEEP_ARCHIVE_ACCESS", 78), (nil, 0)] as [(String?, Int32)])
    func byItsAge(tier: String?, status: Int32) async throws {
        var bucket = bucket("INTELLIGENT_TIERING", .never)
        bucket.objects["old.bin"]?.tier = tier
        bucket.objects["old.bin"]?.modified = "2024-01-01T00:00:00.000Z"
        bucket.objects["new.bin"]?.storageClass = "INTELLIGENT_TIERING"
        bucket.objects["new.bin"]?.modified = Timestamp.now
        let server = try bucket.serve()
        let environment = AmazonStandIn.environment("http://127.0.0.1:\(server.port)")
        try await expect(status, "s3://data", environment, bucket)
        let looks = bucket.log.requests.filter { $0.method == "HEAD" }.map(\.target)
        #expect(Set(looks) == ["/data/old.bin"])
    }

    private enum Timestamp {
        static var now: String { Date.now.formatted(.iso8601) }
    }

    /// A few are looked at for all.
    @Test(arguments: [1, 0]) func manyInDoubt(archived: Int) async throws {
        var bucket = bucket("GLACIER", .done)
        bucket.name = "MinIO"
        for number in 0..<300 {
            bucket.objects["many/\(number)"] = bucket.objects["old.bin"]
            if archived == 1 { bucket.objects["many/\(number)"]?.restoration = .never }
        }
        let server = try bucket.serve()
        let environment = AmazonStandIn.environment("http://127.0.0.1:\(server.port)")
        let finished = try await run("s3://data", environment, ["--dry-run"])
        #expect(finished.status == (archived == 1 ? 78 : 0), "\(finished.output)\(finished.errors)")
        #expect((1...64).contains(looks(bucket)))
    }

    /// One that is listed as archived is looked at however many may be archived by their age.
    @Test func oneBesideMany() async throws {
        var bucket = bucket("GLACIER", .never)
        bucket.name = "MinIO"
        var tiered = AmazonStandIn.Object("at hand")
        tiered.storageClass = "INTELLIGENT_TIERING"
        tiered.modified = "2024-01-01T00:00:00.000Z"
        for number in 0..<900 { bucket.objects["many/\(number)"] = tiered }
        let server = try bucket.serve()
        let environment = AmazonStandIn.environment("http://127.0.0.1:\(server.port)")
        let finished = try await run("s3://data", environment, ["--dry-run"])
        #expect(finished.status == 78, "\(finished.output)\(finished.errors)")
        let problem = try Document(finished).diagnostics.first { $0.hasPrefix("error archived-object ") }
        #expect(problem?.contains("`old.bin` cannot be read") == true)
        #expect(looks(bucket) == 65)
    }

    /// Its own headers say it to everybody who looks.
    @Test(arguments: cases)
    func byItself(storageClass: String, restoration: AmazonStandIn.Restoration, status: Int32) async throws {
        let bucket = bucket(storageClass, restoration)
        let server = try bucket.serve()
        let environment = AmazonStandIn.environment("http://127.0.0.1:\(server.port)")
        try await expect(status, "s3://data/old.bin", environment, bucket)
    }

    /// What is left out need not be readable.
    @Test func excluded() async throws {
        let bucket = bucket("DEEP_ARCHIVE", .never)
        let server = try bucket.serve()
        let environment = AmazonStandIn.environment("http://127.0.0.1:\(server.port)")
        let finished = try await run("s3://data", environment, [], "exclude: old.bin")
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(files.names == ["new.bin"])
        #expect(files.content("dst/new.bin") == "at hand")
    }
}
