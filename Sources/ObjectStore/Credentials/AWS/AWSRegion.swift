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

    /// Without a region, only Amazon's first services have a host.
    func host(of service: String, _ variant: AWSVariant = AWSVariant()) throws(StoreError) -> String {
        guard isNamed || variant != AWSVariant() else { return "\(service).amazonaws.com" }
        return try variant.host(of: service, in: name)
    }
}
