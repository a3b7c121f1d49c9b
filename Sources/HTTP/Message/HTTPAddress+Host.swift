import Platform

extension HTTPAddress {
    /// Splits what stands between the slashes and the path.
    static func hostAndPort(_ authority: ArraySlice<UInt8>) throws(HTTPError) -> (String, Int?) {
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw refusal("a URL with a user name or password in it")
        }
        guard authority.first == UInt8(ascii: "[") else {
            let host = authority.prefix { $0 != UInt8(ascii: ":") }
            try checkName(host)
            return (String(decoding: host, as: UTF8.self), try port(authority[host.endIndex...]))
        }
        guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else {
            throw refusal("a URL with a bracket that is not closed")
        }
        let digits = authority[authority.index(after: authority.startIndex)..<end]
        guard digits.contains(UInt8(ascii: ":")), digits.allSatisfy({ isHexadecimal($0) || ":.".utf8.contains($0) })
        else { throw refusal("a URL with something else than an IPv6 address in brackets") }
        return (String(decoding: authority[...end], as: UTF8.self), try port(authority[(end + 1)...]))
    }

    /// Letters, digits, hyphens, dots and underscores. A name whose last label is a number has to be four plain decimal
    /// numbers: other ways to write an IPv4 address slip through checks that look at names.
    private static func checkName(_ name: ArraySlice<UInt8>) throws(HTTPError) {
        guard !name.isEmpty else { throw refusal("a URL without a host") }
        guard name.allSatisfy({ isLetter($0) || isDigit($0) || "-._".utf8.contains($0) }) else {
            throw refusal("a URL whose host has a character that names of hosts do not have")
        }
        let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let last = labels.last { !$0.isEmpty } ?? []
        let isNumber = last.allSatisfy(isDigit) || last.starts(with: "0x".utf8) || last.starts(with: "0X".utf8)
        guard !isNumber || labels.count == 4 && labels.allSatisfy(isByte) else {
            throw refusal("a URL whose host is an unusual form of an IPv4 address")
        }
    }

    private static func isByte(_ label: ArraySlice<UInt8>) -> Bool {
        label.allSatisfy(isDigit) && (label.count == 1 || label.first != UInt8(ascii: "0"))
            && UInt8(String(decoding: label, as: UTF8.self)) != nil
    }

    private static func port(_ rest: ArraySlice<UInt8>) throws(HTTPError) -> Int? {
        guard let colon = rest.first else { return nil }
        let digits = rest.dropFirst()
        guard colon == UInt8(ascii: ":"), digits.allSatisfy(isDigit), digits.count <= 5,
            let port = Int(String(decoding: digits, as: UTF8.self)), (1...65_535).contains(port)
        else { throw refusal("a URL with a port that is no number from 1 to 65535") }
        return port
    }

    /// Whether the host is an address and no name.
    public var isNumeric: Bool {
        host.utf8.first == UInt8(ascii: "[") || host.utf8.allSatisfy { Self.isDigit($0) || $0 == UInt8(ascii: ".") }
    }

    /// An address that means this machine's own network, where metadata services are: proxies do not reach it, and a
    /// server's word must not send us there.
    public var isLinkLocal: Bool {
        let name = host.lowercased()
        return name.hasPrefix("169.254.") || name == "metadata.google.internal" || name == "metadata.google.internal."
            || ["[fd00:ec2::254]", "[fd00:ec2::23]", "[fd20:ce::254]"].contains(name)
            || ["[fe8", "[fe9", "[fea", "[feb", "[::ffff:169.254.", "[::ffff:a9fe:"].contains { name.hasPrefix($0) }
    }

    /// Without the query, which may hold a signature: for messages.
    public var shown: String {
        ((isSecure ? "https://" : "http://") + authority + path).printable
    }

    static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
