import HTTP
import Platform
import Testing

@testable import ObjectStore
@testable import Plan
@testable import TaskFile

/// Where buckets of S3 and its kin are asked: host, style and region, by scheme, entry, provider and environment. Nobody is asked
/// for that.
struct S3PlaceTests {
    private struct NoBucket: Error {}

    private func open(
        _ entry: String, providers: String = "{}", _ variables: [String: String] = [:], profileEndpoint: String? = nil
    ) async throws -> OpenedStore {
        // With keys at hand no machine is looked at for others.
        let keys = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"]
        let environment = Environment(keys.merging(variables) { _, other in other })
        var context = TaskContext(
            environment: environment, home: "/nowhere", profileEndpoint: { _ in profileEndpoint })
        context.operatorProviders = .init(name: "mine.yaml", bytes: Array(providers.utf8))
        let file = TaskFile.read(Array("file_mounts: {/d: \(entry)}".utf8), file: "task.yaml", context: context)
        #expect(file.diagnostics.filter { $0.severity == .error } == [], "\(entry)")
        let mount = try #require(file.tasks.first?.mounts.first)
        guard case .bucket(let bucket) = mount.sources.first?.location else { throw NoBucket() }
        return try await CloudStores(environment, home: "/nowhere").open(bucket, of: mount)
    }

    /// The object `x` is asked for by this URL, and signed for this region; for none as long as nobody has said which.
    private func expect(
        _ entry: String, providers: String = "{}", _ variables: [String: String] = [:], profileEndpoint: String? = nil,
        at url: String, _ region: String?, location: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        let opened = try await open(entry, providers: providers, variables, profileEndpoint: profileEndpoint)
        let store = try #require(opened.store as? S3Store)
        #expect(store.region == region, "\(entry)", sourceLocation: location)
        let address = store.site.address("x", region: store.region ?? "us-east-1")
        #expect(address.text == url, "\(entry)", sourceLocation: location)
    }

    // MARK: Schemes

    static let schemes: [(String, String, String?)] = [
        ("{source: r2://data/x, account: a1b2}", "https://a1b2.r2.cloudflarestorage.com/data/x", "auto"),
        ("cos://eu-de/data/x", "https://s3.eu-de.cloud-object-storage.appdomain.cloud/data/x", "eu-de"),
        (
            "{source: oci://data@us-sanjose-1/x, account: ns}",
            "https://ns.compat.objectstorage.us-sanjose-1.oraclecloud.com/data/x", "us-sanjose-1"
        ),
        (
            "{source: oci://data@ns/x, region: eu-frankfurt-1}",
            "https://ns.compat.objectstorage.eu-frankfurt-1.oraclecloud.com/data/x", "eu-frankfurt-1"
        ),
        ("nebius://data/x", "https://storage.eu-north1.nebius.cloud/data/x", "eu-north1"),
        ("{source: nebius://data/x, region: eu-west1}", "https://storage.eu-west1.nebius.cloud/data/x", "eu-west1"),
        ("{name: data, store: nebius}", "https://storage.eu-north1.nebius.cloud/data/x", "eu-north1"),
        ("cw://data/x", "https://data.cwobject.com/x", "us-east-1"),
        ("{source: cw://data/x, region: us-west-04a}", "https://data.cwobject.com/x", "us-west-04a"),
        ("{name: data, store: coreweave}", "https://data.cwobject.com/x", "us-east-1"),
    ]

    @Test(arguments: schemes) func ofItself(entry: String, url: String, region: String?) async throws {
        try await expect(entry, at: url, region)
    }

    /// What an environment and its profile say of Amazon is for Amazon alone.
    @Test(arguments: schemes) func whateverIsSaidOfAmazon(entry: String, url: String, region: String?) async throws {
        let said = [
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000", "AWS_ENDPOINT_URL": "http://127.0.0.1:9001",
            "AWS_REGION": "eu-south-2", "AWS_DEFAULT_REGION": "eu-south-1", "AWS_USE_FIPS_ENDPOINT": "true",
            "AWS_USE_DUALSTACK_ENDPOINT": "true",
        ]
        try await expect(entry, said, profileEndpoint: "http://127.0.0.1:9002", at: url, region)
    }

    @Test(
        arguments: [
            ("s3://data/x", "https://data.s3.us-east-1.amazonaws.com/x", nil),
            ("{source: s3://data/x, region: eu-west-1}", "https://data.s3.eu-west-1.amazonaws.com/x", "eu-west-1"),
            (
                "{source: s3://data/x, region: cn-north-1}", "https://data.s3.cn-north-1.amazonaws.com.cn/x",
                "cn-north-1"
            ),
            ("{source: s3://data/x, path_style: true}", "https://s3.us-east-1.amazonaws.com/data/x", nil),
            // No certificate is for a name with a dot in it before theirs.
            ("s3://my.data/x", "https://s3.us-east-1.amazonaws.com/my.data/x", nil),
            ("{name: data}", "https://data.s3.us-east-1.amazonaws.com/x", nil),
        ] as [(String, String, String?)])
    func ofAmazon(entry: String, url: String, region: String?) async throws {
        try await expect(entry, at: url, region)
    }

    /// Keys for what speaks S3 there.
    @Test func ofGoogle() async throws {
        try await expect(
            "{source: gs://data/x, provider: keys}",
            providers: "{keys: {provider: google, access_key: GOOG1, secret_key: s}}",
            at: "https://storage.googleapis.com/data/x", "auto")
    }

    @Test(arguments: [
        ("r2://data/x", "account:"), ("{name: data, store: r2}", "account:"),
        ("oci://data@us-sanjose-1/x", "account:"), ("{source: oci://data/x, region: us-sanjose-1}", "account:"),
        ("oci://data@ns/x", "region:"), ("{source: oci://data/x, account: ns}", "region:"),
        ("{name: data, store: cos}", "region:"),
    ])
    func whatCannotBeGuessed(entry: String, key: String) async throws {
        let failure = await #expect(throws: StoreError.self) { _ = try await open(entry) }
        #expect(failure?.code == .invalid)
        #expect(failure?.message.contains("write it as `\(key)`") == true, "\(failure?.message ?? "")")
    }

    /// As `check` and plans show it.
    @Test(arguments: [
        ("{source: r2://data/x, account: a1b2}", "https://a1b2.r2.cloudflarestorage.com"),
        ("cos://eu-de/data/x", "https://s3.eu-de.cloud-object-storage.appdomain.cloud"),
        (
            "{source: oci://data@us-sanjose-1/x, account: ns}",
            "https://ns.compat.objectstorage.us-sanjose-1.oraclecloud.com"
        ),
        ("{source: nebius://data/x, region: eu-west1}", "https://storage.eu-west1.nebius.cloud"),
        ("nebius://data/x", "https://storage.eu-north1.nebius.cloud"),
        ("cw://data/x", "https://cwobject.com"),
        ("{source: s3://data/x, region: eu-west-1}", "https://s3.eu-west-1.amazonaws.com"),
        ("{source: r2://data/x, endpoint: 'http://store.example:9000/base'}", "http://store.example:9000/base"),
    ])
    func whatPeopleAreTold(entry: String, endpoint: String) async throws {
        #expect(try await open(entry).endpoint == endpoint)
    }

    // MARK: Overrides

    /// Entry, environment, profile, and what Amazon's own host says.
    @Test func theEnvironmentOfAmazon() async throws {
        let (specific, general) = ("http://127.0.0.1:9000", "http://127.0.0.1:9001")
        let all = ["AWS_ENDPOINT_URL_S3": specific, "AWS_ENDPOINT_URL": general]
        try await expect(
            "s3://data/x", all, profileEndpoint: "http://127.0.0.1:9002", at: specific + "/data/x", "us-east-1")
        try await expect(
            "s3://data/x", ["AWS_ENDPOINT_URL": general], profileEndpoint: "http://127.0.0.1:9002",
            at: general + "/data/x", "us-east-1")
        try await expect(
            "s3://data/x", profileEndpoint: "http://127.0.0.1:9002", at: "http://127.0.0.1:9002/data/x", "us-east-1")
        try await expect(
            "{source: s3://data/x, endpoint: 'https://s3.eu-west-3.amazonaws.com'}", all,
            at: "https://data.s3.eu-west-3.amazonaws.com/x", "eu-west-3")
        let region = ["AWS_REGION": "eu-south-2", "AWS_DEFAULT_REGION": "eu-south-1"]
        try await expect("s3://data/x", region, at: "https://data.s3.eu-south-2.amazonaws.com/x", "eu-south-2")
        try await expect(
            "{source: s3://data/x, region: eu-west-1}", region, at: "https://data.s3.eu-west-1.amazonaws.com/x",
            "eu-west-1")
        try await expect(
            "{source: s3://data/x, region: us-east-2}", ["AWS_USE_FIPS_ENDPOINT": "true"],
            at: "https://data.s3-fips.us-east-2.amazonaws.com/x", "us-east-2")
    }

    /// Whatever the scheme: the bucket stands in the path, unless it is said to stand in the host.
    @Test(arguments: [
        "s3://data/x", "r2://data/x", "cos://eu-de/data/x", "oci://data/x", "nebius://data/x", "cw://data/x",
    ])
    func anEndpointOfTheEntry(source: String) async throws {
        let endpoint = "endpoint: 'https://store.example:9000/base'"
        let url = "https://store.example:9000/base/data/x"
        // Only IBM's URLs name a region.
        let isStated = source.hasPrefix("cos:")
        let region = isStated ? "eu-de" : "us-east-1"
        try await expect("{source: '\(source)', \(endpoint)}", at: url, region)
        try await expect("{source: '\(source)', \(endpoint), path_style: true}", at: url, region)
        try await expect(
            "{source: '\(source)', \(endpoint), path_style: false}", at: "https://data.store.example:9000/base/x",
            region)
        if !isStated { try await expect("{source: '\(source)', \(endpoint), region: lab-1}", at: url, "lab-1") }
    }

    private static let operators = """
        cloud: {provider: r2, account: a1b2}
        europe: {provider: r2, endpoint: 'https://a1b2.eu.r2.cloudflarestorage.com', buckets: [kept-here]}
        lab: {provider: minio, endpoint: 'http://lab.example:9000', region: lab-1, access_key: a, secret_key: b}
        west: {provider: nebius, region: eu-west1, buckets: [west-data]}
        tenancy: {provider: oci, account: ns, region: eu-frankfurt-1}
        """

    /// What an entry says itself is stronger, and a provider than the environment.
    @Test(
        arguments: [
            ("r2://data/x", "https://a1b2.r2.cloudflarestorage.com/data/x", "auto"),
            ("{source: r2://data/x, account: c3d4}", "https://c3d4.r2.cloudflarestorage.com/data/x", "auto"),
            ("r2://kept-here/x", "https://a1b2.eu.r2.cloudflarestorage.com/kept-here/x", "auto"),
            ("{source: r2://data/x, provider: lab}", "http://lab.example:9000/data/x", "lab-1"),
            ("{source: s3://data/x, provider: lab}", "http://lab.example:9000/data/x", "lab-1"),
            ("{source: s3://data/x, provider: lab, region: mine-2}", "http://lab.example:9000/data/x", "mine-2"),
            ("{source: s3://data/x, provider: lab, path_style: false}", "http://data.lab.example:9000/x", "lab-1"),
            (
                "{source: s3://data/x, provider: lab, endpoint: 'https://s3.eu-west-3.amazonaws.com', region: eu-west-3}",
                "https://data.s3.eu-west-3.amazonaws.com/x", "eu-west-3"
            ),
            ("nebius://west-data/x", "https://storage.eu-west1.nebius.cloud/west-data/x", "eu-west1"),
            ("nebius://data/x", "https://storage.eu-north1.nebius.cloud/data/x", "eu-north1"),
            (
                "oci://data/x", "https://ns.compat.objectstorage.eu-frankfurt-1.oraclecloud.com/data/x",
                "eu-frankfurt-1"
            ),
            (
                "oci://data@us-sanjose-1/x", "https://ns.compat.objectstorage.us-sanjose-1.oraclecloud.com/data/x",
                "us-sanjose-1"
            ),
            // The environment's endpoint is for whom no provider has one.
            ("s3://data/x", "http://127.0.0.1:9000/data/x", "us-east-1"),
        ] as [(String, String, String?)])
    func throughProviders(entry: String, url: String, region: String?) async throws {
        let variables = ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000"]
        try await expect(entry, providers: Self.operators, variables, at: url, region)
    }
}
