import Platform
import Testing

@testable import TaskFile

@Suite struct EndpointTests {
    @Test(arguments: [
        ("https://h", "https://h"), ("HTTP://H:80/", "http://h:80"), ("h:9000", "https://h:9000"),
        ("http://127.0.0.1:9000/base/", "http://127.0.0.1:9000/base"), ("http://[::1]:9000", "http://[::1]:9000"),
    ])
    func reads(text: String, url: String) {
        #expect(Endpoint(text)?.url == url)
    }

    @Test(arguments: [
        "", "https://", "ftp://h", "h:0", "h:65536", "h:x", "https://u:p@h", "https://h?x", "https://h#x", "h h",
        "https://h:", "[::1", "http://[zz]", ".h", "a..b", "https:///x", "://h",
    ])
    func refuses(text: String) {
        #expect(Endpoint(text) == nil)
    }

    /// Every way to write the metadata services' addresses that a resolver would accept.
    @Test(arguments: [
        "http://169.254.169.254", "http://169.254.170.2", "http://2852039166", "http://0xA9FEA9FE",
        "http://169.254.43518",
        "http://0251.0376.0251.0376", "http://[fe80::1]", "http://[::ffff:169.254.169.254]",
        "http://[::ffff:a9fe:a9fe]",
        "http://[fd00:ec2::254]", "http://metadata.google.internal",
    ])
    func knowsLinkLocalAddresses(url: String) {
        #expect(Endpoint(url)?.isLinkLocal == true)
    }

    @Test func othersAreNot() {
        for url in ["http://169.253.1.1", "http://10.0.0.1", "http://[::1]", "http://example.com", "http://2852039"] {
            #expect(Endpoint(url)?.isLinkLocal == false)
        }
    }

    @Test(arguments: [
        ("https://s3.eu-west-1.amazonaws.com", Store.s3, true), ("https://s3.amazonaws.com", .s3, true),
        ("https://bucket.s3.amazonaws.com", .s3, true), ("http://s3.amazonaws.com", .s3, false),
        ("https://evil.elb.amazonaws.com", .s3, false), ("https://s3.amazonaws.com.evil.example", .s3, false),
        ("https://evils3.amazonaws.com.example", .s3, false), ("https://xamazonaws.com", .s3, false),
        ("https://a.blob.core.windows.net", .azure, true), ("https://a.blob.core.windows.net", .s3, false),
        ("https://storage.googleapis.com", .gcs, true), ("https://x.r2.cloudflarestorage.com", .r2, true),
    ])
    func vendorsOwnDomains(url: String, store: Store, own: Bool) {
        #expect(Endpoint(url)?.belongs(to: store) == own)
    }

    /// A task file cannot send what it finds on the machine to a place of its choice.
    @Test func foreignEndpoints() {
        func problems(_ keys: String, _ environment: [String: String] = [:]) -> [String] {
            read("file_mounts:\n  /d: {source: s3://data-1, endpoint: \"https://foreign.example\"\(keys)}", environment)
                .problems
        }
        #expect(problems(", profile: prod") == ["2:39 error unsafe-endpoint file_mounts./d.endpoint"])
        #expect(problems(", role_arn: \"arn:x\"") == ["2:39 error unsafe-endpoint file_mounts./d.endpoint"])
        #expect(problems("") == ["2:39 warning unsafe-endpoint file_mounts./d.endpoint"])
        #expect(problems(", anonymous: true") == [])
        #expect(problems("", ["AWS_ENDPOINT_URL": "https://foreign.example:443/"]) == [])
        #expect(problems("", ["AWS_ENDPOINT_URL_S3": "https://else.example"]).count == 1)
    }

    /// Behind a service of one's own the rules for names are its own.
    @Test func bucketNamesBehindOnesOwnService() {
        let task = "file_mounts:\n  /d: s3://My_Bucket/x\n"
        #expect(read(task).diagnostics.exitStatus == .badConfiguration)
        #expect(read(task, ["AWS_ENDPOINT_URL": "http://127.0.0.1:9000"]).diagnostics.exitStatus == .done)
        #expect(read(task, ["AWS_ENDPOINT_URL": ""]).diagnostics.exitStatus == .badConfiguration)
    }

    @Test(arguments: [
        "169.254.169.254", "169.254.169.254.", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518",
        "[fe80::1]", "[FEBF::1]", "[::ffff:a9fe:a9fe]", "[0:0:0:0:0:FFFF:169.254.169.254]", "[64:ff9b::a9fe:a9fe]",
        "[fd00:ec2::254]", "[FD00:0EC2:0::254]", "metadata.google.internal.", "Metadata",
    ])
    func metadataServices(_ host: String) {
        #expect(Endpoint("http://\(host)")?.isLinkLocal == true)
        #expect(
            read("file_mounts: {/d: \"http://\(host)/latest\"}").problems == [
                "1:19 error unsafe-endpoint file_mounts./d"
            ])
    }

    @Test(arguments: ["[a9fe:1::]", "[2001:db8:a9fe:1::1]", "[::1]", "127.0.0.1", "metadata.lab", "10.169.254.1"])
    func others(_ host: String) {
        #expect(Endpoint("http://\(host)")?.isLinkLocal == false)
    }

    @Test(arguments: ["[]", "[:::::]", "[1.2.3.4]", "[fe80::1%eth0]", "[::1", "::1"])
    func noAddress(_ host: String) {
        #expect(Endpoint("http://\(host)") == nil)
    }

    @Test(arguments: [
        ("s3.amazonaws.com", Store.s3, true), ("s3-us-west-2.amazonaws.com", .s3, true),
        ("data.s3.eu-west-1.amazonaws.com", .s3, true), ("s3-fips.dualstack.us-east-1.amazonaws.com", .s3, true),
        ("s3express-use1-az4.us-east-1.amazonaws.com", .s3, true), ("s3.cn-north-1.amazonaws.com.cn", .s3, true),
        ("bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com", .s3, true),
        ("s3-mine-1234.us-east-1.elb.amazonaws.com", .s3, false),
        ("ec2-1-2-3-4.compute-1.amazonaws.com", .s3, false),
        ("ns.compat.objectstorage.us-ashburn-1.oraclecloud.com", .oci, true),
        ("ns.compat.objectstorage.us-ashburn-1.oci.customer-oci.com", .oci, true),
        ("mine.apigateway.us-ashburn-1.oci.customer-oci.com", .oci, false),
    ])
    func placesOfTheVendor(_ host: String, _ store: Store, _ isThere: Bool) throws {
        #expect(try #require(Endpoint("https://\(host)")).belongs(to: store) == isThere)
        #expect(try #require(Endpoint("http://\(host)")).belongs(to: store) == false)
    }
}
