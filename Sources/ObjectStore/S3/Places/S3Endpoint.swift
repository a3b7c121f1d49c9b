/// Where an S3 service is reached.
public struct S3Endpoint: Sendable, Hashable {
    public var isSecure: Bool
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    public var host: String
    public var port: Int?
    /// Before the bucket; no slash at its end.
    public var basePath: String

    public init(isSecure: Bool = true, host: String, port: Int? = nil, basePath: String = "") {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.basePath = basePath
    }

    /// A name in the domain of Amazon's own services, to which names may be prepended.
    var isAmazons: Bool { isBelow("amazonaws.com", "amazonaws.com.cn", "api.aws") }

    /// CoreWeave's service, or its proxy on each of its own machines; they know a bucket only as a name before theirs.
    var isCoreWeaves: Bool { isBelow("cwobject.com", "cwlota.com") }

    private func isBelow(_ domains: String...) -> Bool {
        domains.contains { host == $0 || host.hasSuffix("." + $0) }
    }

    /// Of R2, which answers under no other name than its account's.
    var isCloudflares: Bool { host.hasSuffix(".r2.cloudflarestorage.com") }

    /// What AWS's own hosts say of their region: `s3.eu-west-1.amazonaws.com`, `s3-us-west-2.amazonaws.com`,
    /// `s3.dualstack.eu-west-1.…`, `bucket.vpce-….s3.eu-west-1.vpce.…`. R2 has one, and refuses the names of others.
    var impliedRegion: String? {
        if isCloudflares { return S3Vendor.cloudflare(account: "").usualRegion }
        guard isAmazons else { return nil }
        for label in host.split(separator: ".") {
            let label = label.hasPrefix("s3-") ? label.dropFirst(3) : label
            // Parts of a region's name: a place, a direction, a number.
            let parts = label.split(separator: "-")
            if parts.count >= 3, parts[0].count == 2, parts.allSatisfy({ !$0.isEmpty }), let last = parts.last,
                last.count <= 2, last.allSatisfy(\.isNumber)
            {
                return String(label)
            }
        }
        return nil
    }

    var isAddress: Bool {
        host.hasPrefix("[") || host.split(separator: ".").allSatisfy { $0.allSatisfy(\.isNumber) }
    }
}
