/// What a derived key is good for.
struct SigningScope: Sendable, Equatable {
    /// Of the form `20261120`.
    let date: String
    let region: String
    let service: String

    func append(to text: inout [UInt8]) {
        text.append(date)
        text.append(PercentEncoding.slash)
        text.append(region)
        text.append(PercentEncoding.slash)
        text.append(service)
        text.append(PercentEncoding.slash)
        text.append(Self.end)
    }

    func key(secret: String) -> [UInt8] {
        [date, region, service, Self.end].reduce(Array("AWS4\(secret)".utf8)) { key, word in
            HMAC.sha256(key: key, Array(word.utf8))
        }
    }

    private static let end = "aws4_request"
}
