import Checksums
import Signing
import TestSupport

/// A request with what is hard to sign in it.
struct GeneratedRequest {
    let scheme: String
    let host: String
    /// Not encoded.
    let path: [UInt8]
    let method: String
    let query: [QueryItem]
    let headers: [(name: String, value: String)]
    let body: [UInt8]
    let isUnsigned: Bool
    let service: String
    let region: String
    let credentials: AWSCredentials
    let time: Int
    /// Of a presigned URL.
    let lifetime: Int?

    init(using random: inout SeededGenerator) {
        let isPresigned = Bool.random(using: &random)
        service = Int.random(in: 0..<4, using: &random) == 0 ? "sts" : "s3"
        region = ["us-east-1", "eu-central-1", "auto"].randomElement(using: &random)!
        // Over plain HTTP botocore hashes every body but S3's.
        let plain = [("http", "127.0.0.1:9000"), ("http", "[::1]:9000")]
        let secure = ["s3.amazonaws.com", "bucket.s3.eu-central-1.amazonaws.com", "example.com:8443", "[2001:db8::1]"]
            .map { ("https", $0) }
        (scheme, host) = (service == "s3" ? plain + secure : secure).randomElement(using: &random)!
        method = ["GET", "PUT", "HEAD", "POST", "DELETE"].randomElement(using: &random)!
        let bucket = Bool.random(using: &random) ? "/" : "/bucket/"
        path = Array(bucket.utf8) + Self.key(using: &random)
        query = Self.query(forURL: isPresigned, using: &random)
        headers = Self.headers(using: &random)
        // A body would become part of a presigned query in botocore.
        let size = isPresigned ? 0 : [0, 0, 1, 100].randomElement(using: &random)!
        body = Self.bytes(size, using: &random)
        isUnsigned = Bool.random(using: &random)
        let token = Base64.text(of: Self.bytes(.random(in: 1...300, using: &random), using: &random))
        credentials = AWSCredentials(
            accessKeyID: "AKIA\(Int.random(in: 0..<3, using: &random))",
            secretAccessKey: ["wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "ä secret+/="].randomElement(using: &random)!,
            sessionToken: Bool.random(using: &random) ? token : nil)
        time = Int.random(in: 0..<253_402_300_800, using: &random)
        lifetime = isPresigned ? Int.random(in: 1...604_800, using: &random) : nil
    }

    /// The path is to be encoded by whoever asks for a request.
    var signable: SignableRequest {
        SignableRequest(
            method: method, host: host, path: PercentEncoding.path(path), query: query, headers: headers,
            payload: isUnsigned ? .unsigned : .init(of: body))
    }

    // MARK: Parts

    private static let oddities = [
        "", "/", "//", "/leading", "trailing/", "a b", "a+b", "100%", "%2F", "%", "a//b", "../a", "a/./b", "a/../b",
        ".",
        "..", "ü/日本語/🙂", "e\u{301}", "~-_.", "!*'()", ";:@&=+$,", "?#[]", "\"<>\\^`{|}", "\u{7F}", "tab\tline\nend\r",
        "nul\0", "a=b&c=d", " ", "  ",
    ]

    private static func key(using random: inout SeededGenerator) -> [UInt8] {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes(.random(in: 0...40, using: &random), using: &random)
        case 1: Array(text(.random(in: 0...40, using: &random), using: &random).utf8)
        default: Array((oddities.randomElement(using: &random)! + oddities.randomElement(using: &random)!).utf8)
        }
    }

    /// botocore reads the query of a URL that it presigns as a dictionary of text: no repetitions there.
    private static func query(forURL isPresigned: Bool, using random: inout SeededGenerator) -> [QueryItem] {
        let names = ["acl", "uploads", "prefix", "Prefix", "prefix-", "list-type", "x y", "a+b", "ü", "100%", "a=b&c"]
        let items = (0..<Int.random(in: 0...6, using: &random)).map { _ in
            let name = names.randomElement(using: &random)!
            switch Int.random(in: 0..<4, using: &random) {
            case 0: return QueryItem(name)
            case 1: return QueryItem(name, oddities.randomElement(using: &random)!)
            case 2: return QueryItem(name, text(.random(in: 0...20, using: &random), using: &random))
            default: return QueryItem(name, bytes: isPresigned ? [] : bytes(10, using: &random))
            }
        }
        var seen: Set<String> = []
        return isPresigned ? items.filter { seen.insert($0.name).inserted } : items
    }

    private static func headers(using random: inout SeededGenerator) -> [(name: String, value: String)] {
        let names = ["Range", "X-Amz-Meta-One", "x-amz-meta-two", "x-amz-meta", "If-Match", "content-type"]
        let values = [
            "", "bytes=0-9", "  both  ends ", "many   spaces\tand tabs", "\"a   b\"", "a,b", "größer", "W/\"x\"",
        ]
        return (0..<Int.random(in: 0...5, using: &random)).map { _ in
            (name: names.randomElement(using: &random)!, value: values.randomElement(using: &random)!)
        }
    }

    private static func bytes(_ count: Int, using random: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    /// Characters of one to four bytes.
    private static func text(_ count: Int, using random: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<count {
            let limit: UInt32 = [0x80, 0x800, 0x1_0000, 0x11_0000].randomElement(using: &random)!
            let scalar = Unicode.Scalar(UInt32.random(in: 1..<limit, using: &random)) ?? "?"
            text.unicodeScalars.append(scalar)
        }
        return text
    }
}
