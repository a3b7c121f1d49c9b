import Platform

/// Which of Amazon's hosts for a service are meant. Who says nothing means the usual ones.
public struct AWSVariant: Sendable, Hashable {
    /// Those whose cryptography the government of the USA has approved.
    public var isFIPS = false
    /// Those with addresses of IPv6 beside those of IPv4.
    public var isDualStack = false

    public init(isFIPS: Bool = false, isDualStack: Bool = false) {
        self.isFIPS = isFIPS
        self.isDualStack = isDualStack
    }

    /// `sts` in eu-west-1 is sts.eu-west-1.amazonaws.com.
    func host(of service: String, in region: String) throws(StoreError) -> String {
        let partition = AWSPartition(of: region)
        guard isDualStack else {
            // All hosts of the government's own cloud are approved.
            let ending = isFIPS && !region.hasPrefix("us-gov-") ? "-fips" : ""
            return "\(service)\(ending).\(region).\(partition.domain)"
        }
        guard let domain = partition.dualStackDomain else { throw refusal("with addresses of IPv6", region) }
        return "\(service)\(isFIPS ? "-fips" : "").\(region).\(domain)"
    }

    /// The object storage has rules of its own.
    func hostOfS3(in region: String) -> String {
        "s3\(isFIPS ? "-fips" : "")\(isDualStack ? ".dualstack" : "").\(region).\(AWSPartition(of: region).domain)"
    }

    /// Where a region has no such hosts.
    public func checkS3(in region: String) throws(StoreError) {
        if isFIPS, region.hasPrefix("cn-") { throw refusal("for FIPS", region) }
        if isDualStack, AWSPartition(of: region).dualStackDomain == nil {
            throw refusal("with addresses of IPv6", region)
        }
    }

    private func refusal(_ what: String, _ region: String) -> StoreError {
        StoreError(
            .invalid,
            "Amazon has no hosts \(what) in \(region.printable): AWS_USE_FIPS_ENDPOINT or AWS_USE_DUALSTACK_ENDPOINT, or the "
                + "profile, asks for them")
    }
}

/// One of Amazon's clouds, which have nothing to do with one another.
struct AWSPartition {
    /// The end of its hosts.
    let domain: String
    /// The same of hosts with addresses of both families, if it has such.
    let dualStackDomain: String?

    init(of region: String) {
        let found = Self.special.first { region.hasPrefix($0.beginning) }
        domain = found?.domain ?? "amazonaws.com"
        dualStackDomain = found == nil ? "api.aws" : found?.dualStackDomain
    }

    /// Whether a host is one of Amazon's, in whichever of its clouds.
    static func hasHost(_ host: String) -> Bool {
        let domains =
            ["amazonaws.com", "api.aws"] + special.flatMap { [$0.domain, $0.dualStackDomain].compactMap(\.self) }
        return domains.contains { host.hasSuffix("." + $0) }
    }

    private static let special: [(beginning: String, domain: String, dualStackDomain: String?)] = [
        ("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"), ("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
        ("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"), ("us-isof-", "csp.hci.ic.gov", nil),
        ("eu-isoe-", "cloud.adc-e.uk", nil), ("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    ]
}
