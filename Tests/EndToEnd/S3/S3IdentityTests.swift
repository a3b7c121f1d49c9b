import Foundation
import Signing
import TestSupport
import Testing

/// As whom a bucket is asked. Nothing but the right credentials opens these buckets.
@Suite(.onCeph) struct S3IdentityTests {
    private var sandbox: BucketSandbox

    init() async throws {
        sandbox = try await BucketSandbox(CephGateway.shared, .text(["a": "1", "p/b": "2", "p/q/c": "3"]))
    }

    private static let id = TestBucketServer.accessKeyID
    private static let secret = TestBucketServer.secretAccessKey
    private var endpoint: String { "http://127.0.0.1:\(sandbox.port)" }

    /// Without any credentials of the environment.
    private func sandbox(_ variables: [String: String] = [:]) -> BucketSandbox {
        var sandbox = sandbox
        for name in TestBucketServer.owner.variables.keys { sandbox.environment[name] = nil }
        sandbox.environment.merge(variables) { _, new in new }
        return sandbox
    }

    private func identity(_ document: Document) -> String? { document.mounts.first?.json["identity"] as? String }

    @Test func environment() async throws {
        let document = try await sandbox.succeed(sandbox.task())
        #expect(identity(document)?.contains("environment") == true)
        sandbox.expect(["a": "1", "p/b": "2", "p/q/c": "3"])
    }

    private static let files = """
        [default]
        aws_access_key_id = AKIDNOBODY
        aws_secret_access_key = nothing
        [team]
        aws_access_key_id = \(id)
        aws_secret_access_key = \(secret)

        """

    /// The file is named or stands in HOME, the profile by the entry or by the environment.
    @Test(arguments: [false, true], [false, true])
    func profile(inHome: Bool, ofEntry: Bool) async throws {
        let folder = sandbox.files.path("home")
        try sandbox.files.write(["home/.aws/credentials": Self.files])
        var sandbox = sandbox(inHome ? ["HOME": folder] : ["AWS_SHARED_CREDENTIALS_FILE": folder + "/.aws/credentials"])
        if !ofEntry { sandbox.environment["AWS_PROFILE"] = "team" }
        let document = try await sandbox.succeed(sandbox.task(nil, ofEntry ? "profile: team" : ""))
        #expect(identity(document)?.contains("team") == true)
        try await sandbox.fail(77, sandbox.task(nil, "profile: default"))
    }

    /// Region and endpoint of the profile count as well.
    @Test func configurationFile() async throws {
        try sandbox.files.write([
            "config": """
            [profile team]
            aws_access_key_id = \(Self.id)
            aws_secret_access_key = \(Self.secret)
            endpoint_url = \(endpoint)
            region = eu-south-2

            """
        ])
        let variables = ["AWS_CONFIG_FILE": sandbox.files.path("config"), "AWS_PROFILE": "team"]
        let task = sandbox.task(nil, "endpoint: \"\(endpoint)\"")
        var sandbox = sandbox(variables)
        sandbox.environment["AWS_ENDPOINT_URL_S3"] = ""
        try await sandbox.succeed(task)
    }

    private func provider(_ name: String, _ keys: String, secret: String = secret) -> String {
        """
        \(name): {provider: minio, endpoint: "\(endpoint)", access_key: \(Self.id), secret_key: "\(secret)", \(keys)}
        """
    }

    @Test func providerOfTheEntry() async throws {
        try sandbox.files.write(["p.yaml": provider("lab", "path_style: true") + "\n"])
        let sandbox = sandbox()
        let document = try await sandbox.succeed(sandbox.task(nil, "provider: lab"), "--providers", "p.yaml")
        #expect(identity(document)?.contains("lab") == true)
    }

    /// The longest claim that covers the source is meant, whatever order they have.
    @Test func longestClaimWins() async throws {
        let bucket = sandbox.bucket
        try sandbox.files.write([
            "p.yaml": """
            \(provider("whole", "buckets: [\(bucket)]", secret: "wrong"))
            \(provider("right", "buckets: [\(bucket)/p]"))
            \(provider("deep", "buckets: [\(bucket)/p/q]", secret: "wrong"))
            \(provider("near", "buckets: [\(bucket)/pp]", secret: "wrong"))

            """
        ])
        var sandbox = sandbox()
        sandbox.environment["AWS_ENDPOINT_URL_S3"] = ""
        let document = try await sandbox.succeed(sandbox.task("s3://\(bucket)/p/"), "--providers", "p.yaml")
        #expect(identity(document)?.contains("right") == true)
        for source in ["", "/p/q/", "/pp/"] {
            try await sandbox.fail(77, sandbox.task("s3://\(bucket)\(source)"), "--providers", "p.yaml")
        }
    }

    /// Secrets from files and from the environment.
    @Test func secretsOfProviders() async throws {
        try sandbox.files.write([
            "secret": Self.secret + "\n",
            "p.yaml": """
            lab:
              provider: s3
              endpoint: "\(endpoint)"
              access_key: {env: LAB_KEY}
              secret_key: {file: "\(sandbox.files.path("secret"))"}

            """,
        ])
        let sandbox = sandbox(["LAB_KEY": Self.id])
        try await sandbox.succeed(sandbox.task(nil, "provider: lab"), "--providers", "p.yaml")
    }

    /// Two sets of credentials in one task, each for its own bucket and for no other.
    @Test func twoMountsWithTwoSetsOfCredentials() async throws {
        let stranger = TestBucketServer.stranger
        let theirs = try await sandbox.s3.makeBucket(as: stranger)
        try await sandbox.s3.put("theirs", [7], [:], in: theirs, as: stranger)
        let other = sandbox.files.path("other")
        func task(_ first: String, _ second: String) -> String {
            """
            providers:
              mine: {provider: minio, endpoint: "\(endpoint)", access_key: \(Self.id), secret_key: \(Self.secret)}
              theirs: {provider: minio, endpoint: "\(endpoint)", access_key: \(stranger.accessKeyID), secret_key: \(stranger.secretAccessKey)}
            file_mounts:
              \(sandbox.files.destination): {source: \(sandbox.url), mode: COPY, provider: \(first)}
              \(other): {source: s3://\(theirs), mode: COPY, provider: \(second)}
            """
        }
        let sandbox = sandbox()
        let document = try await sandbox.succeed(task("mine", "theirs"))
        #expect(FileTree(other).names == ["theirs"])
        sandbox.expect(["a": "1", "p/b": "2", "p/q/c": "3"])
        let identities = document.mounts.compactMap { $0.json["identity"] as? String }
        #expect(Set(identities).count == 2, "\(identities)")
        let exchanged = try await sandbox.fail(77, task("theirs", "mine"))
        #expect(exchanged.mounts.map(\.code) == ["denied", "denied"])
    }

    /// Everybody may list this bucket and read what is in it, and nobody's signature is on the requests.
    @Test func anonymous() async throws {
        let open = ["x-amz-acl": "public-read"]
        let bucket = try await sandbox.s3.makeBucket(open, as: nil)
        try await sandbox.s3.put("a", [1], open, in: bucket)
        var sandbox = sandbox()
        let proxy = try sandbox.proxy()
        let document = try await sandbox.succeed(sandbox.task("s3://\(bucket)", "anonymous: true"))
        sandbox.expect(["a": [1]])
        #expect(identity(document) == "anonymous")
        #expect(proxy.passages.allSatisfy { $0.request["Authorization"] == nil })
        try await sandbox.fail(77, sandbox.task(sandbox.url, "anonymous: true"))
    }
}
