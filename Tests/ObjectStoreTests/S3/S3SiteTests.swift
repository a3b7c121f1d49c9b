import HTTP
import Platform
import Testing

@testable import ObjectStore

/// Where buckets are.
struct S3SiteTests {
    private func text(
        _ place: S3Site.Place, _ bucket: String = "data", pathStyle: Bool? = nil, key: ObjectKey? = "k",
        region: String = "eu-west-1"
    ) -> String {
        S3Site(place, bucket: bucket, usesPathStyle: pathStyle).address(key, region: region).text
    }

    @Test func amazon() {
        let place = S3Site.Place.vendor(.amazon)
        #expect(text(place) == "https://data.s3.eu-west-1.amazonaws.com/k")
        #expect(text(place, key: nil) == "https://data.s3.eu-west-1.amazonaws.com/")
        #expect(text(place, region: "cn-north-1") == "https://data.s3.cn-north-1.amazonaws.com.cn/k")
        // No certificate is for a name with a dot before the service's.
        #expect(text(place, "a.b") == "https://s3.eu-west-1.amazonaws.com/a.b/k")
        #expect(text(place, "a_b") == "https://s3.eu-west-1.amazonaws.com/a_b/k")
        #expect(text(place, pathStyle: true) == "https://s3.eu-west-1.amazonaws.com/data/k")
    }

    @Test(
        arguments: [
            (.cloudflare(account: "0a1b"), "auto", "https://0a1b.r2.cloudflarestorage.com/data/k"),
            (.ibm, "eu-de", "https://s3.eu-de.cloud-object-storage.appdomain.cloud/data/k"),
            (
                .oracle(namespace: "ns"), "eu-frankfurt-1",
                "https://ns.compat.objectstorage.eu-frankfurt-1.oraclecloud.com/data/k"
            ),
            (.nebius, "eu-north1", "https://storage.eu-north1.nebius.cloud/data/k"),
            (.coreweave, "us-east-1", "https://data.cwobject.com/k"),
        ] as [(S3Vendor, String, String)])
    func vendors(vendor: S3Vendor, region: String, expected: String) {
        #expect(text(.vendor(vendor), region: region) == expected)
        #expect(vendor.usualRegion == nil || vendor.usualRegion == region)
    }

    @Test func endpoints() {
        let local = S3Endpoint(isSecure: false, host: "127.0.0.1", port: 9000, basePath: "/s3")
        #expect(text(.endpoint(local)) == "http://127.0.0.1:9000/s3/data/k")
        #expect(text(.endpoint(local), key: nil) == "http://127.0.0.1:9000/s3/data")
        let own = S3Endpoint(host: "minio.example.org")
        #expect(text(.endpoint(own)) == "https://minio.example.org/data/k")
        #expect(text(.endpoint(own), pathStyle: false) == "https://data.minio.example.org/k")
        let dualstack = S3Endpoint(host: "s3.dualstack.eu-west-1.amazonaws.com")
        #expect(text(.endpoint(dualstack)) == "https://data.s3.dualstack.eu-west-1.amazonaws.com/k")
        // They have no other style.
        #expect(text(.endpoint(S3Endpoint(host: "cwobject.com")), "a.b") == "https://a.b.cwobject.com/k")
        #expect(text(.endpoint(S3Endpoint(isSecure: false, host: "cwlota.com"))) == "http://data.cwlota.com/k")
        #expect(text(.endpoint(S3Endpoint(host: "notcwobject.com"))) == "https://notcwobject.com/data/k")
    }

    @Test(
        arguments: [
            ("s3.eu-west-1.amazonaws.com", "eu-west-1"), ("s3-us-west-2.amazonaws.com", "us-west-2"),
            ("s3.dualstack.ap-south-1.amazonaws.com", "ap-south-1"), ("s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("s3-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"), ("s3.amazonaws.com", nil),
            ("bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com", "us-east-1"),
            ("0a1b.r2.cloudflarestorage.com", "auto"), ("0a1b.eu.r2.cloudflarestorage.com", "auto"),
            ("s3.eu-west-1.example.org", nil), ("s3.eu-west-1.notamazonaws.com", nil),
        ])
    func impliedRegions(host: String, region: String?) {
        #expect(S3Endpoint(host: host).impliedRegion == region)
    }

    /// What names an object is sent as it is.
    @Test(
        arguments: [
            ("a b+c%2F", "a%20b%2Bc%252F"), ("/a//b/", "/a//b/"), ("../c/./d", "../c/./d"), ("?#&=", "%3F%23%26%3D"),
            ("ü\n\\", "%C3%BC%0A%5C"), ("~-._", "~-._"),
        ] as [(ObjectKey, String)])
    func keys(key: ObjectKey, path: String) {
        let site = S3Site(.vendor(.amazon), bucket: "data")
        #expect(site.address(key, region: "eu-west-1").path == "/" + path)
    }

    @Test func queriesAreInOrder() {
        let site = S3Site(.vendor(.amazon), bucket: "data")
        let address = site.address(
            nil, [("prefix", "a/b &"), ("list-type", "2"), ("start-after", nil), ("delimiter", "")], region: "x")
        #expect(address.query == "delimiter=&list-type=2&prefix=a%2Fb%20%26")
    }
}
