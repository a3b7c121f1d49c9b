import Checksums

/// AWS signature version 4, for requests to one service in one region. The clock is the caller's: seconds since 1970,
/// corrected by what the server's clock is known to differ.
public struct SigV4: Sendable {
    public var region: String
    /// `s3` and its relatives sign the path as it is sent; others, such as `sts`, a normalised one.
    public var service: String
    private let keys: SigningKeys

    public init(region: String, service: String = "s3", keys: SigningKeys = .shared) {
        self.region = region
        self.service = service
        self.keys = keys
    }

    private var isS3: Bool { service.hasPrefix("s3") }

    /// The headers that make it a signed request, to be sent beside those of the request. Names are in lower case.
    public func headers(
        for request: SignableRequest, credentials: AWSCredentials, at seconds: Int
    ) -> [(name: String, value: String)] {
        let time = SigningTime(seconds)
        var added = [(name: "x-amz-date", value: time.stamp)]
        if isS3 || request.payload == .unsigned {
            added.append((name: "x-amz-content-sha256", value: request.payload.text))
        }
        if let token = credentials.sessionToken { added.append((name: "x-amz-security-token", value: token)) }

        let canonical = CanonicalRequest(
            method: request.method, path: path(of: request), query: request.query.canonical,
            headers: request.headers + [(name: "host", value: request.host)] + added, payload: request.payload.text)
        let signature = signature(of: canonical, secret: credentials.secretAccessKey, at: time)
        let signedHeaders = String(decoding: canonical.signedHeaders, as: UTF8.self)
        let authorization =
            "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope(on: time.date)), "
            + "SignedHeaders=\(signedHeaders), Signature=\(signature)"
        return added + [(name: "authorization", value: authorization)]
    }

    /// The query, encoded, that makes the request good for so many seconds in anybody's hands, who must send the
    /// request's headers too. S3 allows seven days, and no longer than the credentials are valid.
    public func presignedQuery(
        for request: SignableRequest, credentials: AWSCredentials, at seconds: Int, validFor lifetime: Int
    ) -> String {
        let time = SigningTime(seconds)
        let headers = request.headers + [(name: "host", value: request.host)]
        let names = Set(headers.map { $0.name.lowercased() }).sorted().joined(separator: ";")
        var query = request.query
        query += [
            QueryItem("X-Amz-Algorithm", Self.algorithm),
            QueryItem("X-Amz-Credential", "\(credentials.accessKeyID)/\(scope(on: time.date))"),
            QueryItem("X-Amz-Date", time.stamp), QueryItem("X-Amz-Expires", String(lifetime)),
            QueryItem("X-Amz-SignedHeaders", names),
        ]
        if let token = credentials.sessionToken { query.append(QueryItem("X-Amz-Security-Token", token)) }

        // Who makes the URL does not know what S3 will be sent with it.
        let payload = isS3 ? SignableRequest.Payload.unsigned : request.payload
        let canonical = CanonicalRequest(
            method: request.method, path: path(of: request), query: query.canonical, headers: headers,
            payload: payload.text)
        let signature = signature(of: canonical, secret: credentials.secretAccessKey, at: time)
        return (query + [QueryItem("X-Amz-Signature", signature)]).encoded
    }

    private static let algorithm = "AWS4-HMAC-SHA256"

    private func path(of request: SignableRequest) -> [UInt8] {
        if !isS3 { return CanonicalRequest.normalized(request.path) }
        return request.path.isEmpty ? [PercentEncoding.slash] : Array(request.path.utf8)
    }

    private func scope(on date: String) -> String { "\(date)/\(region)/\(service)/aws4_request" }

    private func signature(of canonical: CanonicalRequest, secret: String, at time: SigningTime) -> String {
        let hash = Hex.text(of: SHA256.digest(canonical.bytes))
        let text = "\(Self.algorithm)\n\(time.stamp)\n\(scope(on: time.date))\n\(hash)"
        let key = keys.key(secret: secret, date: time.date, region: region, service: service)
        return Hex.text(of: HMAC.sha256(key: key, Array(text.utf8)))
    }
}
