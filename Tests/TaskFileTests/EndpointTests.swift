import Testing

@testable import TaskFile

@Suite struct EndpointTests {
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
