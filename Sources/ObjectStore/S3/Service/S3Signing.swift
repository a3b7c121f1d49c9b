import Checksums
import HTTP
import Platform
import Signing

/// Signatures on requests, and what a signed request says of its own.
enum S3Signing {
    /// `hashHeader` is set when the hash of the body is known.
    static let hashHeader = "x-amz-content-sha256"

    static func sign(_ request: inout HTTPRequest, _ credentials: AWSCredentials, region: String, time: Int) {
        let payload: SignableRequest.Payload =
            if let hash = request.headers[hashHeader].flatMap({ Hex.bytes(of: $0) }) {
                .init(sha256: hash)
            } else {
                request.body == nil ? .empty : .unsigned
            }
        request.headers[hashHeader] = nil
        let signable = SignableRequest(
            method: request.method.rawValue, host: request.address.authority, path: request.address.path,
            query: [QueryItem](encoded: request.address.query),
            headers: request.headers.lines.map { ($0.name, $0.value) },
            payload: payload)
        let headers = SigV4(region: region).headers(for: signable, credentials: credentials, at: time)
        for (name, value) in headers { request.headers[name] = value }
    }

    /// What a request was signed with.
    struct Scope: Equatable {
        var accessKeyID: String
        var sessionToken: String?
        var region: String
        var time: Int?

        /// Reads it back from the headers: `AWS4-HMAC-SHA256 Credential=AKID/20261120/eu-west-1/s3/aws4_request, …`.
        init?(of request: HTTPRequest) {
            guard let value = request.headers["Authorization"], let start = value.firstRange(of: "Credential=")
            else { return nil }
            // A key id may have slashes in it; what follows has none.
            let parts = value[start.upperBound...].prefix { $0 != "," }.split(separator: "/")
            guard parts.count >= 5 else { return nil }
            accessKeyID = parts.dropLast(4).joined(separator: "/")
            region = String(parts[parts.count - 3])
            sessionToken = request.headers["x-amz-security-token"]
            time = request.headers["x-amz-date"].flatMap(Self.seconds)
        }

        /// `20261120T233200Z`
        private static func seconds(_ stamp: String) -> Int? {
            let digits = stamp.utf8.filter { $0 != UInt8(ascii: "T") && $0 != UInt8(ascii: "Z") }
            guard digits.count == 14, let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
            let (date, clock) = (number / 1_000_000, number % 1_000_000)
            return CivilTime(
                year: date / 10000, month: date / 100 % 100, day: date % 100, hour: clock / 10000,
                minute: clock / 100 % 100, second: clock % 100)?.secondsSince1970
        }
    }
}
