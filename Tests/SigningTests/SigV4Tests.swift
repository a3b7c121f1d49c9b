import Checksums
import Testing

@testable import Signing

/// The examples of Amazon's documentation and of its test suite.
struct SigV4Tests {
    /// "Signature Calculations for the Authorization Header", Amazon S3 API Reference.
    struct S3Example: Sendable, CustomTestStringConvertible {
        var method = "GET"
        var path = "/"
        var query: [QueryItem] = []
        var headers: [String: String] = [:]
        var body = ""
        let signature: String

        var testDescription: String { "\(method) \(path)" }
    }

    static let credentials = AWSCredentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    /// 24 May 2013, midnight.
    static let time = 1_369_353_600

    @Test(arguments: [
        S3Example(
            path: "/test.txt", headers: ["Range": "bytes=0-9"],
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        S3Example(
            method: "PUT", path: "/test$file.text",
            headers: ["Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"],
            body: "Welcome to Amazon S3.",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        S3Example(
            query: [QueryItem("lifecycle")],
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        S3Example(
            query: [QueryItem("prefix", "J"), QueryItem("max-keys", "2")],
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ])
    func documentationOfS3(_ example: S3Example) throws {
        let request = SignableRequest(
            method: example.method, host: "examplebucket.s3.amazonaws.com",
            path: PercentEncoding.path(example.path), query: example.query,
            headers: example.headers.map { (name: $0.key, value: $0.value) },
            payload: .init(of: Array(example.body.utf8)))
        let headers = SigV4(region: "us-east-1").headers(for: request, credentials: Self.credentials, at: Self.time)
        #expect(headers.map(\.name) == ["x-amz-date", "x-amz-content-sha256", "authorization"])
        #expect(headers[0].value == "20130524T000000Z")
        let credential = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
        let names = (["host", "x-amz-content-sha256", "x-amz-date"] + example.headers.keys.map { $0.lowercased() })
            .sorted().joined(separator: ";")
        #expect(headers[2].value == "\(credential), SignedHeaders=\(names), Signature=\(example.signature)")
    }

    /// "Authenticating Requests: Using Query Parameters", Amazon S3 API Reference.
    @Test func documentationOfPresignedURLs() {
        let request = SignableRequest(host: "examplebucket.s3.amazonaws.com", path: "/test.txt")
        let query = SigV4(region: "us-east-1").presignedQuery(
            for: request, credentials: Self.credentials, at: Self.time, validFor: 86400)
        #expect(
            query == "X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
        #expect(PresignedURL("https://a/?\(query)") == PresignedURL(version: .v4, expiry: Self.time + 86400))
    }

    @Test(arguments: [
        // get-vanilla, post-vanilla, get-vanilla-query-order-key-case, get-header-value-trim
        ("GET", [QueryItem](), [String: String](), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", [], [:], "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET", [QueryItem("Param2", "value2"), QueryItem("Param1", "value1")], [:],
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        ),
        (
            "GET", [], ["My-Header1": " value1", "My-Header2": " \"a   b   c\""],
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
        ),
    ])
    func testSuite(_ method: String, _ query: [QueryItem], _ headers: [String: String], _ signature: String) {
        let request = SignableRequest(
            method: method, host: "example.amazonaws.com", path: "/", query: query,
            headers: headers.map { (name: $0.key, value: $0.value) })
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        let added = SigV4(region: "us-east-1", service: "service")
            .headers(for: request, credentials: credentials, at: 1_440_938_160)
        #expect(added.first?.value == "20150830T123600Z")
        #expect(added.last?.value.hasSuffix("Signature=\(signature)") == true)
    }

    @Test(arguments: [
        ("", "/"), ("/", "/"), ("//", "/"), ("/a/", "/a/"), ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/..", "/"),
        ("/../../a//b", "/a/b"), ("/a%20b/%C3%BC", "/a%2520b/%25C3%25BC"), ("/a/..", "/"), ("/a/../", "/"),
    ])
    func pathsOfOtherServices(_ path: String, _ normalized: String) {
        #expect(String(decoding: CanonicalRequest.normalized(path), as: UTF8.self) == normalized)
    }

    /// "Deriving a signing key", AWS General Reference.
    @Test func derivedKey() {
        let key = SigningScope(date: "20120215", region: "us-east-1", service: "iam")
            .key(secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        #expect(Hex.text(of: key) == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d")
    }

    /// More than are kept, each different in one word, and all of them twice.
    @Test func keysAreToldApart() {
        let keys = SigningKeys()
        let day = "20120216"
        let cases = (0..<20).flatMap { number in
            [
                ("secret", SigningScope(date: "\(20_120_217 + number)", region: "r", service: "s3")),
                ("secret", SigningScope(date: day, region: "r\(number)", service: "s3")),
                ("secret", SigningScope(date: day, region: "r", service: "s\(number + 10)")),
                ("secret \(number)", SigningScope(date: day, region: "r", service: "s3")),
            ]
        }
        for (secret, scope) in cases + cases.reversed() {
            let expected = HMAC.sha256(key: scope.key(secret: secret), [1, 2, 3])
            #expect(keys.code(of: [1, 2, 3], secret: secret, scope: scope) == expected)
            #expect(keys.code(of: [1, 2, 3], secret: secret, scope: scope) == expected)
        }
    }

    @Test func keysAreSharedByThreads() async {
        let keys = SigningKeys()
        let signer = SigV4(region: "r", keys: keys)
        let expected = (0..<40).map { Self.signature(signer, second: $0) }
        await withTaskGroup(of: [String].self) { group in
            for _ in 0..<8 { group.addTask { (0..<40).map { Self.signature(signer, second: $0) } } }
            for await signatures in group { #expect(signatures == expected) }
        }
    }

    private static func signature(_ signer: SigV4, second: Int) -> String {
        let request = SignableRequest(host: "h", path: "/k")
        return signer.headers(for: request, credentials: credentials, at: second * 86400).last?.value ?? ""
    }

    @Test(arguments: [
        // No key is a key of its own; RFC 4231, 4.2, 4.3 and 4.7.
        ([UInt8](), "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
        (
            [UInt8](repeating: 0x0B, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func keyedHashes(_ key: [UInt8], _ message: String, _ hex: String) {
        let hmac = HMAC(key: key)
        for _ in 0..<2 { #expect(Hex.text(of: hmac.code(of: Array(message.utf8))) == hex) }
    }
}
