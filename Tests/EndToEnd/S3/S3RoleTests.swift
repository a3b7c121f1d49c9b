import Foundation
import TestSupport
import Testing

/// Roles that a token service gives: moto is that service, and has the buckets.
@Suite(.serialized, .enabled(if: Moto.isHere, Comment(rawValue: Moto.absence))) struct S3RoleTests {
    private let moto: Moto
    private let bucket: String
    private let files: CopySandbox
    private let proxy: FaultProxy
    private let role: String

    init() async throws {
        moto = try await Moto.start()
        bucket = try await moto.buckets.makeBucket()
        try await moto.buckets.put(.text(["a": "1", "d/b": "2"]), in: bucket)
        role = try await moto.makeRole("reader")
        files = try CopySandbox()
        proxy = try FaultProxy(to: moto.port)
        try files.write(["token": "header.claims.signature\n"])
    }

    private var places: [String: String] {
        [
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(proxy.port)",
            "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:\(moto.port)", "AWS_EC2_METADATA_DISABLED": "true",
        ]
    }
    private let keys = [
        "AWS_ACCESS_KEY_ID": TestBucketServer.accessKeyID, "AWS_SECRET_ACCESS_KEY": TestBucketServer.secretAccessKey,
    ]

    /// All requests to the bucket are signed with one key that the token service has given, and carry its token.
    private func copies(
        _ entry: String = "", _ variables: [String: String], at location: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        let task = "file_mounts: {\(files.destination): {source: s3://\(bucket), mode: COPY\(entry)}}"
        let words = try files.words(task, [])
        let environment = places.merging(variables) { _, own in own }
        let finished = try await Program.start(words, environment: environment, in: files.folder.path).end()
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)", sourceLocation: location)
        let tree = FileTree(files.destination)
        #expect(tree.names == ["a", "d", "d/b"], sourceLocation: location)
        let identity = try Document(finished).mounts.first?.json["identity"] as? String
        #expect(identity?.contains(":assumed-role/reader/") == true, "\(identity ?? "")", sourceLocation: location)
        let ids = proxy.passages.map { passage in
            passage.request["Authorization"]?.split(separator: "Credential=").last?.prefix { $0 != "/" } ?? ""
        }
        #expect(Set(ids).count == 1 && ids.allSatisfy { $0.hasPrefix("ASIA") }, "\(ids)", sourceLocation: location)
        let tokens = Set(proxy.passages.map { $0.request["x-amz-security-token"] ?? "" })
        #expect(tokens.count == 1 && tokens.first?.isEmpty == false, sourceLocation: location)
    }

    /// As a pod finds it.
    @Test func webIdentityOfTheEnvironment() async throws {
        try await copies(
            "", ["AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": files.path("token")])
    }

    @Test func webIdentityOfTheEntry() async throws {
        try await copies(", role_arn: \"\(role)\", web_identity_token_file: \(files.path("token"))", [:])
    }

    @Test func roleOfTheEntry() async throws {
        try await copies(", role_arn: \"\(role)\"", keys)
    }

    @Test func roleOfAProfile() async throws {
        try files.write([
            "config": """
            [profile reader]
            role_arn = \(role)
            source_profile = base
            role_session_name = night
            [profile base]
            aws_access_key_id = \(TestBucketServer.accessKeyID)
            aws_secret_access_key = \(TestBucketServer.secretAccessKey)

            """
        ])
        try await copies("", ["AWS_CONFIG_FILE": files.path("config"), "AWS_PROFILE": "reader"])
    }

    /// What moto says when it knows nobody of that name.
    @Test func aRoleThatIsNotGiven() async throws {
        try await moto.verifyFromNowOn()
        let task = "file_mounts: {\(files.destination): {source: s3://\(bucket), mode: COPY, role_arn: \"\(role)\"}}"
        let words = try files.words(task, ["--dry-run"])
        let environment = places.merging(keys) { _, own in own }
        let finished = try await Program.start(words, environment: environment, in: files.folder.path).end()
        #expect(finished.status == 77, "\(finished.output)\(finished.errors)")
        let problems = try Document(finished).diagnostics
        #expect(
            problems.contains {
                $0.hasPrefix("error denied ") && $0.contains("role reader") && $0.contains("not given")
            },
            "\(problems)")
        #expect(!finished.output.contains(TestBucketServer.secretAccessKey))
        #expect(proxy.passages.isEmpty)
    }
}
