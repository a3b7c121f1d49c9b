/// Amazon's regions, as far as addresses of services follow from them.
struct AWSRegion: Sendable, Hashable {
    static let global = AWSRegion(name: "us-east-1", isNamed: false)

    let name: String
    /// Not the one that stands in when there is none.
    let isNamed: Bool

    private init(name: String, isNamed: Bool) {
        self.name = name
        self.isNamed = isNamed
    }

    /// Nothing for what is no region of Amazon's. A task names regions, and hosts are made of them: nothing else may get in.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let isLetters = { (part: Substring) in
            !part.isEmpty && part.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        }
        guard parts.count >= 3, text.utf8.count <= 32, let number = parts.last,
            !number.isEmpty, number.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            parts.dropLast().allSatisfy(isLetters)
        else { return nil }
        self.init(name: text, isNamed: true)
    }

    /// `sts` in eu-west-1 is sts.eu-west-1.amazonaws.com; without a region, only Amazon's first services have a host.
    func host(of service: String) -> String {
        isNamed ? "\(service).\(name).\(domain)" : "\(service).amazonaws.com"
    }

    private var domain: String {
        let domains = [
            ("cn-", "amazonaws.com.cn"), ("us-iso-", "c2s.ic.gov"), ("us-isob-", "sc2s.sgov.gov"),
            ("us-isof-", "csp.hci.ic.gov"), ("eu-isoe-", "cloud.adc-e.uk"), ("eusc-", "amazonaws.eu"),
        ]
        return domains.first { name.hasPrefix($0.0) }?.1 ?? "amazonaws.com"
    }
}
