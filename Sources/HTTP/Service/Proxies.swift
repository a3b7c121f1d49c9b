import Glibc
import Platform

/// The proxies that the environment names, as curl, Go and Python read it: small letters before capitals.
public struct Proxies: Sendable {
    /// Where requests go first, and how people are told of it.
    public struct Proxy: Sendable, Equatable {
        /// As it was named; may hold a user and a password.
        let text: String
        public let variable: String

        /// Without what may be secret.
        public var shown: String {
            let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
            let rest = text[start...]
            let authority = rest.prefix { !"/?#".contains($0) }
            let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
            return "\(text[..<start])\(host) of \(variable)".printable
        }
    }

    public static let variables = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    public static let exceptionVariables = ["no_proxy", "NO_PROXY"]

    private var proxies: [String: String] = [:]
    private var exceptions: [Substring] = []

    /// Those of a set of variables.
    public init(_ value: (String) -> String?) {
        func named(_ name: String) -> String? { value(name).flatMap { $0.isEmpty ? nil : $0 } }
        for name in Self.variables { proxies[name] = named(name) }
        // Where a web server starts programs, this variable is a header of whoever asks it.
        if named("REQUEST_METHOD") != nil { proxies["HTTP_PROXY"] = nil }
        let text = Self.exceptionVariables.compactMap(named).first ?? ""
        exceptions = text.lowercased().split { $0 == "," || $0.isWhitespace }
    }

    public static let ofEnvironment = Proxies { name in getenv(name).map { String(cString: $0) } }

    /// Which one a request goes through. Those to link-local addresses, where metadata services are, go through none.
    public func proxy(for address: HTTPAddress) -> Proxy? {
        guard !proxies.isEmpty, !address.isLinkLocal, !isExcepted(address) else { return nil }
        let scheme = address.isSecure ? "https_proxy" : "http_proxy"
        for name in [scheme, scheme.uppercased(), "all_proxy", "ALL_PROXY"] {
            if let text = proxies[name] { return Proxy(text: text, variable: name) }
        }
        return nil
    }

    private func isExcepted(_ address: HTTPAddress) -> Bool {
        var host = address.host.lowercased()[...]
        if host.last == "." { host.removeLast() }
        let port = address.port ?? (address.isSecure ? 443 : 80)
        return exceptions.contains { exception in
            if exception == "*" { return true }
            if let network = IPv4Network(exception) { return IPv4Network.number(host).map(network.contains) ?? false }
            var name = exception
            if let colon = name.lastIndex(of: ":"), let stated = Int(name[name.index(after: colon)...]) {
                guard stated == port else { return false }
                name = name[..<colon]
            }
            if name.hasPrefix("*") { name = name.dropFirst() }
            if name.first == "." { name = name.dropFirst() }
            if name.last == "." { name = name.dropLast() }
            return host == name || host == "[\(name)]" || !name.isEmpty && host.hasSuffix(".\(name)")
        }
    }
}

/// `10.0.0.0/8`
private struct IPv4Network {
    private let first: UInt32
    private let bits: Int

    init?(_ text: Substring) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = Self.number(parts[0]), let bits = Int(parts[1]), (0...32).contains(bits)
        else { return nil }
        self.bits = bits
        first = Self.masked(address, bits)
    }

    func contains(_ address: UInt32) -> Bool { Self.masked(address, bits) == first }

    static func number(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4 else { return nil }
        return parts.reduce(0) { whole, part in whole.flatMap { whole in part.map { whole << 8 | UInt32($0) } } }
    }

    private static func masked(_ address: UInt32, _ bits: Int) -> UInt32 {
        bits == 0 ? 0 : address & ~0 << UInt32(32 - bits)
    }
}
