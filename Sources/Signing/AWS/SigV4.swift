import Checksums

/// AWS signature version 4, for requests to one service in one region. The clock is the caller's: seconds since 1970,
/// corrected by what the server's clock is known to differ.
public struct SigV4: Sendable {
    public let region: String
    /// `s3` and its relatives sign the path as it is sent; others, such as `sts`, a normalised one.
    public let service: String
    private let isS3: Bool
    private let keys: SigningKeys

    public init(region: String, service: String = "s3", keys: SigningKeys = .shared) {
        self.region = region
        self.service = service
        self.keys = keys
        isS3 = service.hasPrefix("s3")
    }

    /// The headers that make it a signed request, to be sent beside those of the request. Names are in lower case.
    public func headers(
        for request: SignableRequest, credentials: AWSCredentials, at seconds: Int
    ) -> [(name: String, value: String)] {
        let time = SigningTime(seconds)
        let scope = SigningScope(date: time.date, region: region, service: service)
        var added: [(name: String, value: String)] = []
        added.reserveCapacity(4)
        added.append((name: "x-amz-date", value: time.stamp))
        if isS3 || request.payload == .unsigned {
            added.append((name: "x-amz-content-sha256", value: request.payload.text))
        }
        if let token = credentials.sessionToken { added.append((name: "x-amz-security-token", value: token)) }

        let canonical = CanonicalRequest(
            request, isPathNormalized: !isS3, query: request.query,
            headers: SignedHeaders(request.headers, host: request.host, added: added), payload: request.payload)
        var authorization: [UInt8] = []
        authorization.reserveCapacity(512)
        authorization.append(Self.algorithm)
        authorization.append(" Credential=")
        authorization.append(credentials.accessKeyID)
        authorization.append(PercentEncoding.slash)
        scope.append(to: &authorization)
        authorization.append(", SignedHeaders=")
        authorization.append(contentsOf: canonical.bytes[canonical.signedHeaders])
        authorization.append(", Signature=")
        let signature = signature(of: canonical, secret: credentials.secretAccessKey, scope: scope, at: time)
        Hex.append(signature, to: &authorization)
        added.append((name: "authorization", value: String(decoding: authorization, as: UTF8.self)))
        return added
    }

    /// The query, encoded, that makes the request good for so many seconds in anybody's hands, who must send the
    /// request's headers too. S3 allows seven days, and no longer than the credentials are valid.
    public func presignedQuery(
        for request: SignableRequest, credentials: AWSCredentials, at seconds: Int, validFor lifetime: Int
    ) -> String {
        let time = SigningTime(seconds)
        let scope = SigningScope(date: time.date, region: region, service: service)
        let headers = SignedHeaders(request.headers, host: request.host)
        var credential = Array("\(credentials.accessKeyID)/".utf8)
        scope.append(to: &credential)
        var names: [UInt8] = []
        headers.appendNames(to: &names)
        var query = request.query
        query += [
            QueryItem("X-Amz-Algorithm", Self.algorithm), QueryItem("X-Amz-Credential", bytes: credential),
            QueryItem("X-Amz-Date", time.stamp), QueryItem("X-Amz-Expires", String(lifetime)),
            QueryItem("X-Amz-SignedHeaders", bytes: names),
        ]
        if let token = credentials.sessionToken { query.append(QueryItem("X-Amz-Security-Token", token)) }

        // Who makes the URL does not know what S3 will be sent with it.
        let canonical = CanonicalRequest(
            request, isPathNormalized: !isS3, query: query, headers: headers,
            payload: isS3 ? .unsigned : request.payload)
        let signature = signature(of: canonical, secret: credentials.secretAccessKey, scope: scope, at: time)
        return (query + [QueryItem("X-Amz-Signature", Hex.text(of: signature))]).encoded
    }

    private static let algorithm = "AWS4-HMAC-SHA256"

    private func signature(
        of canonical: CanonicalRequest, secret: String, scope: SigningScope, at time: SigningTime
    ) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(192)
        text.append(Self.algorithm)
        text.append(UInt8(ascii: "\n"))
        text.append(time.stamp)
        text.append(UInt8(ascii: "\n"))
        scope.append(to: &text)
        text.append(UInt8(ascii: "\n"))
        Hex.append(SHA256.digest(canonical.bytes), to: &text)
        return keys.code(of: text, secret: secret, scope: scope)
    }
}
