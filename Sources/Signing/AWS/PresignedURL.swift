/// What can be read from a URL that carries its own signature, of AWS (versions 4 and 2) or of Google in the same forms.
public struct PresignedURL: Sendable, Equatable {
    public enum Version: Sendable {
        case v2, v4
    }

    public let version: Version
    /// In seconds since 1970; nothing when the URL does not say so legibly. Temporary credentials may end sooner.
    public let expiry: Int?

    init(version: Version, expiry: Int?) {
        self.version = version
        self.expiry = expiry
    }

    /// Nothing for other URLs.
    public init?(_ url: String) {
        let parameters = Self.parameters(of: url)
        for prefix in ["x-amz-", "x-goog-"] where parameters[prefix + "signature"] != nil {
            version = .v4
            let start = parameters[prefix + "date"].flatMap { SigningTime.seconds($0) }
            let lifetime = parameters[prefix + "expires"].flatMap { Self.number($0) }
            expiry =
                if let start, let lifetime, case let (sum, false) = start.addingReportingOverflow(lifetime) { sum } else
                {
                    nil
                }
            return
        }
        guard parameters["signature"] != nil, let expires = parameters["expires"] else { return nil }
        version = .v2
        expiry = Self.number(expires)
    }

    /// Decoded, names in lower case. Of one that comes several times the first counts.
    private static func parameters(of url: String) -> [String: String] {
        let withoutFragment = url.utf8.prefix { $0 != UInt8(ascii: "#") }
        guard let question = withoutFragment.firstIndex(of: UInt8(ascii: "?")) else { return [:] }
        var parameters: [String: String] = [:]
        for item in withoutFragment[question...].dropFirst().split(separator: UInt8(ascii: "&")) {
            let name = item.prefix { $0 != UInt8(ascii: "=") }
            let value = item[name.endIndex...].dropFirst()
            guard let name = decoded(name)?.lowercased(), let value = decoded(value) else { continue }
            if parameters[name] == nil { parameters[name] = value }
        }
        return parameters
    }

    private static func decoded(_ text: Substring.UTF8View) -> String? {
        PercentEncoding.decoded(String(Substring(text))).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func number(_ text: String) -> Int? {
        text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int(text) : nil
    }
}
