/// The `host[:port]` of a URL.
struct Authority: Equatable {
    var host: String
    var port: Int?

    init?(_ text: String) {
        var host = text[...]
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[..<text.index(after: end)]
            guard text[text.index(after: text.startIndex)..<end].allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." })
            else { return nil }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
        }
        let rest = text[host.endIndex...]
        if !rest.isEmpty {
            let digits = rest.dropFirst()
            guard rest.hasPrefix(":"), !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits), (1...65535).contains(number)
            else { return nil }
            port = number
        }
        if !host.hasPrefix("[") {
            let isName = host.utf8.allSatisfy { Variables.isNameByte($0) || $0 == 0x2D || $0 == 0x2E }
            guard isName, !host.isEmpty, host.utf8.count <= 253, !host.hasPrefix("."), !host.contains("..") else {
                return nil
            }
        }
        self.host = host.lowercased()
    }

    /// Addresses on which clouds hand out a machine's credentials to whoever asks from there.
    var isLinkLocal: Bool {
        if host.hasPrefix("[") {
            let digits = host.dropFirst().prefix { $0 != ":" }
            let isAWS = host.hasPrefix("[fd00:ec2:")
            return isAWS || host.contains("169.254.") || host.contains("a9fe:")
                || digits.count == 4 && ["fe8", "fe9", "fea", "feb"].contains(digits.prefix(3))
        }
        if host == "metadata.google.internal" { return true }
        return IPv4.octets(of: host).map { $0[0] == 169 && $0[1] == 254 } ?? false
    }
}

/// Numeric IPv4 addresses, also in the short and hexadecimal forms that resolvers accept.
enum IPv4 {
    static func octets(of host: String) -> [Int]? {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...4).contains(parts.count) else { return nil }
        let numbers = parts.compactMap { part -> Int? in
            if part.lowercased().hasPrefix("0x") { return Int(part.dropFirst(2), radix: 16) }
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return part.count > 1 && part.hasPrefix("0") ? Int(part, radix: 8) : Int(part)
        }
        guard numbers.count == parts.count, let last = numbers.last else { return nil }
        guard numbers.dropLast().allSatisfy({ $0 < 256 }), last >> (8 * (5 - numbers.count)) == 0 else { return nil }
        let tail = (0..<(5 - numbers.count)).reversed().map { last >> (8 * $0) & 0xFF }
        return numbers.dropLast() + tail
    }

    /// Four decimal numbers with dots, in range or not: what no bucket may be called.
    static func looksLikeAddress(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { (1...3).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }
}
