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
}
