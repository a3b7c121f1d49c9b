import Foundation
import TestSupport
import Testing

/// Buckets of Amazon that are in another region than the machine: only the hosts of their own region have them. A proxy leads
/// to where these hosts are not.
@Suite struct S3BucketRegionTests {
    private let files: CopySandbox
    private let authority: TestAuthority
    private static let small = Dictionary(uniqueKeysWithValues: (10..<40).map { ("d/\($0)", "content of \($0)") })
    private static let objects = [String: [UInt8]].text(small).merging(["large": BucketSandbox.bytes(11 << 20)]) { $1 }

    init() throws {
        files = try CopySandbox()
        authority = try TestAuthority.shared.get()
    }

    /// The bucket, and all hosts of the world.
    private struct Amazon {
        let bucket: AmazonStandIn
        let server: ScriptedServer
        let proxy: RelayProxy

        init(_ home: AmazonStandIn.Home, _ authority: TestAuthority) throws {
            bucket = AmazonStandIn(objects: S3BucketRegionTests.objects.mapValues { .init($0) }, home: home)
            server = try bucket.serve(identity: try authority.identity("amazon"))
            proxy = try RelayProxy(to: server.port)
        }

        /// What was asked in a region.
        func requests(in region: String) -> [ReceivedRequest] {
            bucket.log.requests.filter { $0["Host"] == "data.s3.\(region).amazonaws.com" }
        }

        /// Who was connected to.
        var hosts: Set<String> { Set(proxy.requests.map(\.target)) }
    }

    private func run(
        _ source: String, _ amazon: Amazon, in region: String?, _ options: [String] = []
    ) async throws -> Finished {
        var environment = AmazonStandIn.environment("")
        environment["AWS_ENDPOINT_URL_S3"] = nil
        environment["AWS_REGION"] = region
        environment["SSL_CERT_FILE"] = authority.file
        environment["https_proxy"] = "http://127.0.0.1:\(amazon.proxy.port)"
        let task = "file_mounts: {\"\(files.destination)\": {source: \"\(source)\", mode: COPY, part_size: 5MiB}}"
        return try await Program.start(
            try files.words(task, options), environment: environment, in: files.folder.path
        ).end()
    }

    /// Everything has arrived, each with requests to the right place alone.
    private func expectCopy(from amazon: Amazon, at location: Testing.SourceLocation = #_sourceLocation) {
        for (key, bytes) in Self.objects {
            let copied = try? Data(contentsOf: URL(filePath: files.destination + "/" + key))
            #expect(copied == Data(bytes), "\(key)", sourceLocation: location)
        }
        #expect(files.names == Set(Self.objects.keys).union(["d"]), sourceLocation: location)
        let right = amazon.requests(in: "eu-central-1")
        #expect(
            right.allSatisfy { $0["Authorization"]?.contains("/eu-central-1/s3/") == true }, sourceLocation: location)
        // The large one is of three parts.
        #expect(right.filter(\.isRead).count == Self.objects.count + 2, sourceLocation: location)
        #expect(
            amazon.bucket.log.requests.count == right.count + amazon.requests(in: "us-east-1").count,
            sourceLocation: location)
    }

    /// However it is told, it is told once: all that follows goes to the right place.
    @Test(arguments: [AmazonStandIn.Home.Telling.headerOfDenial, .headerOfRedirect, .document])
    func learnedFromARefusal(telling: AmazonStandIn.Home.Telling) async throws {
        let amazon = try Amazon(.init("eu-central-1", telling: telling), authority)
        let finished = try await run("s3://data", amazon, in: "us-east-1")
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        expectCopy(from: amazon)
        let wrong = amazon.requests(in: "us-east-1")
        #expect(wrong.count == 1, "\(wrong.map(\.line))")
        #expect(wrong.first?["Authorization"]?.contains("/us-east-1/s3/") == true)
        let warning = try Document(finished).diagnostics.first { $0.hasPrefix("warning wrong-region ") }
        #expect(warning?.contains("in region eu-central-1, not in us-east-1 as AWS_REGION says") == true)
    }

    /// A machine without a region asks for the bucket's, once and without a signature.
    @Test func learnedFromTheBucket() async throws {
        let amazon = try Amazon(.init("eu-central-1", telling: .anonymousHead), authority)
        let finished = try await run("s3://data", amazon, in: nil)
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        expectCopy(from: amazon)
        let wrong = amazon.requests(in: "us-east-1")
        #expect(wrong.map(\.line) == ["HEAD / HTTP/1.1"])
        #expect(wrong.first?["Authorization"] == nil)
        #expect(try Document(finished).diagnostics == [])
    }

    /// Here the first request is a HEAD, whose refusal has no document; another beside it lists what is below.
    @Test(arguments: AmazonStandIn.Home.Telling.allCases)
    func ofASingleObject(telling: AmazonStandIn.Home.Telling) async throws {
        let amazon = try Amazon(.init("eu-central-1", telling: telling), authority)
        let finished = try await run("s3://data/large", amazon, in: telling == .anonymousHead ? nil : "us-east-1")
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        let copied = try Data(contentsOf: URL(filePath: files.destination))
        #expect(copied == Data(Self.objects["large"] ?? []))
        #expect((1...3).contains(amazon.requests(in: "us-east-1").count))
        #expect(amazon.requests(in: "eu-central-1").filter(\.isRead).count >= 3)
    }

    /// A region becomes part of the host that is asked: what cannot be one leads nowhere.
    @Test(
        arguments: AmazonStandIn.Home.Telling.allCases,
        ["evil.example/", "evil.example", "x@evil.example:8443/#", "-evil", "eu central 1"])
    func whatIsNoRegion(telling: AmazonStandIn.Home.Telling, told: String) async throws {
        let amazon = try Amazon(.init("eu-central-1", telling: telling, told), authority)
        let isDenial = telling == .headerOfDenial || telling == .anonymousHead
        for options in [["--dry-run"], []] {
            let region = telling == .anonymousHead ? nil : "us-east-1"
            let finished = try await run("s3://data", amazon, in: region, options)
            #expect(finished.status == (isDenial ? 77 : 78), "\(finished.output)\(finished.errors)")
            let shown = finished.output + finished.errors
            #expect(telling == .anonymousHead || !shown.contains("region \(told)"))
        }
        // Also where nothing is told nobody asks again and again.
        let questions = amazon.bucket.log.requests.count { $0["Authorization"] == nil }
        #expect(questions == (telling == .anonymousHead ? 2 : 0))
        #expect(amazon.hosts == ["data.s3.us-east-1.amazonaws.com:443"])
        #expect(!Files.isThere(files.destination))
    }
}
