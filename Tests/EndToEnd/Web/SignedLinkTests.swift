import Foundation
import TestSupport
import Testing

/// Links to objects of real servers, signed by Amazon's own client, as sources. Whoever has one needs no keys, so that nobody
/// may come to see it.
@Suite(.onSeaweedFS, .onCeph) struct SignedLinkTests {
    enum Server: CaseIterable {
        case seaweedFS, ceph

        fileprivate func sandbox() async throws -> BucketSandbox {
            let objects = ["d/large.bin": SignedLinkTests.large]
            var sandbox =
                switch self {
                case .seaweedFS: try await BucketSandbox(SeaweedFS.shared, objects)
                case .ceph: try await BucketSandbox(CephGateway.shared, objects)
                }
            // The link has to do.
            sandbox.environment = [:]
            return sandbox
        }
    }

    /// By the names that boto3 has for them. In the second one everything is called otherwise.
    enum Version: String, CaseIterable {
        case four = "s3v4"
        case two = "s3"

        fileprivate var parameter: String { self == .four ? "X-Amz-Signature=" : "&Signature=" }
    }

    private static let large = BucketSandbox.bytes(11 << 20)

    /// A link to the object, for whoever asks there and before so many seconds have passed.
    private func link(
        _ sandbox: BucketSandbox, at endpoint: String, _ version: Version = .four, seconds: Int = 600
    ) async throws -> String {
        let script = """
            import boto3, botocore.config, sys
            endpoint, key, secret, version, bucket, seconds = sys.argv[1:]
            config = botocore.config.Config(signature_version=version, s3={"addressing_style": "path"})
            client = boto3.client(
                "s3", endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret,
                region_name="us-east-1", config=config)
            print(client.generate_presigned_url(
                "get_object", Params={"Bucket": bucket, "Key": "d/large.bin"}, ExpiresIn=int(seconds)), end="")
            """
        let made = try await Program.start([
            Judge.python, "-c", script, endpoint, TestBucketServer.accessKeyID, TestBucketServer.secretAccessKey,
            version.rawValue, sandbox.bucket, "\(seconds)",
        ]).end()
        try #require(made.status == 0, "\(made.errors)")
        return made.output
    }

    /// As the link has it.
    private func signature(in link: String, _ version: Version) throws -> String {
        let place = try #require(link.firstRange(of: version.parameter))
        return String(link[place.upperBound...].prefix { $0 != "&" })
    }

    /// The signature is neither said nor kept, as it is written or decoded.
    private func expectNothing(
        of link: String, _ version: Version, in finished: Finished, _ sandbox: BucketSandbox,
        at location: Testing.SourceLocation = #_sourceLocation
    ) throws {
        let written = try signature(in: link, version)
        let decoded = try #require(written.removingPercentEncoding)
        var said = finished.output + finished.errors
        for (path, node) in FileTree(sandbox.files.folder.path).nodes {
            let path = String(decoding: path, as: UTF8.self)
            if case .file(let bytes) = node.content, path != "task.yaml", path != "dst" {
                said += path + String(decoding: bytes, as: UTF8.self)
            }
        }
        #expect(!said.contains(written) && !said.contains(decoded), "\(said)", sourceLocation: location)
        #expect(!said.isEmpty, sourceLocation: location)
    }

    /// HEAD is not what it was signed for: what there is to know is learned in passing.
    @Test(arguments: Server.allCases, Version.allCases)
    func whatItLeadsToIsCopied(from server: Server, version: Version) async throws {
        var sandbox = try await server.sandbox()
        let proxy = try sandbox.proxy()
        let link = try await link(sandbox, at: "http://127.0.0.1:\(proxy.port)", version)
        let task = sandbox.task(link, "part_size: 5MiB")
        for options in [
            ["--dry-run"], ["--dry-run", "--output", "text"], ["--output", "ndjson", "-v"], ["--output", "text", "-v"],
            [],
        ] {
            let finished = try await sandbox.start(task, options).end()
            #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
            try expectNothing(of: link, version, in: finished, sandbox)
        }
        let copied = try Data(contentsOf: URL(filePath: sandbox.files.destination))
        #expect(copied == Data(Self.large))
        #expect(proxy.passages.allSatisfy { $0.request["Authorization"] == nil })
        #expect(proxy.bytesRead < 2 * Self.large.count)
    }

    @Test(arguments: Server.allCases)
    func overTLS(from server: Server) async throws {
        let sandbox = try await server.sandbox()
        let authority = try TestAuthority.shared.get()
        let secure = try FaultProxy(to: sandbox.server.port, identity: try authority.identity("good"))
        let link = try await link(sandbox, at: "https://127.0.0.1:\(secure.port)")
        let task = sandbox.task(link, "part_size: 5MiB, tls_verify: \"\(authority.file)\"")
        let finished = try await sandbox.run(task, "-v")
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        let copied = try Data(contentsOf: URL(filePath: sandbox.files.destination))
        #expect(copied == Data(Self.large))
        #expect(!secure.passages.isEmpty)
        try expectNothing(of: link, .four, in: finished, sandbox)
    }

    /// A link that somebody has changed is refused by the server, and the refusal says nothing of what was sent.
    @Test(arguments: Server.allCases, Version.allCases)
    func oneThatWasAltered(from server: Server, version: Version) async throws {
        let sandbox = try await server.sandbox()
        let link = try await link(sandbox, at: "http://127.0.0.1:\(sandbox.port)", version)
        let signature = try signature(in: link, version)
        let first = signature.first == "0" ? "1" : "0"
        let altered = link.replacing(signature, with: "\(first)\(signature.dropFirst())")
        for options in [["--dry-run"], [], ["--output", "ndjson", "-v"]] {
            let finished = try await sandbox.start(sandbox.task(altered), options).end()
            #expect(finished.status == 77, "\(finished.output)\(finished.errors)")
            #expect(finished.output.contains("denied") && !finished.output.contains("expired-credentials"))
            try expectNothing(of: altered, version, in: finished, sandbox)
        }
        #expect(!Files.isThere(sandbox.files.destination))
    }

    /// Nobody is asked with one that is over.
    @Test(arguments: Server.allCases, Version.allCases)
    func oneThatIsOver(from server: Server, version: Version) async throws {
        var sandbox = try await server.sandbox()
        let proxy = try sandbox.proxy()
        let link = try await link(sandbox, at: "http://127.0.0.1:\(proxy.port)", version, seconds: 1)
        try await Task.sleep(for: .milliseconds(2100))
        for options in [["--dry-run"], []] {
            let finished = try await sandbox.start(sandbox.task(link), options).end()
            #expect(finished.status == 77, "\(finished.output)\(finished.errors)")
            let problem = try Document(finished).diagnostics.first
            #expect(problem?.hasPrefix("error expired-credentials ") == true, "\(finished.output)")
            try expectNothing(of: link, version, in: finished, sandbox)
        }
        #expect(proxy.passages.isEmpty)
        #expect(!Files.isThere(sandbox.files.destination))
    }
}
