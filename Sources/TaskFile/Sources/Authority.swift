import Glibc

/// The `host[:port]` of a URL.
struct Authority: Equatable {
    var host: String
    var port: Int?

    init?(_ text: String) {
        var host = text[...]
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[..<text.index(after: end)]
            guard IPv6.bytes(of: text[text.index(after: text.startIndex)..<end]) != nil else { return nil }
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
            guard Self.isHostPart(host), !host.isEmpty, host.utf8.count <= 253, !host.hasPrefix("."),
                !host.holds("..")
            else {
                return nil
            }
        }
        self.host = host.lowercased()
    }

    /// Whether the text can stand in a host name without ending it.
    static func isHostPart(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { Variables.isNameByte($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }

    /// Addresses on which clouds hand out a machine's credentials to whoever asks from there.
    var isLinkLocal: Bool {
        if host.hasPrefix("[") {
            guard let bytes = IPv6.bytes(of: host.dropFirst().dropLast()) else { return false }
            let isLinkLocal = bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
            let isOfEC2 = bytes.starts(with: [0xFD, 0x00, 0x0E, 0xC2])
            // An IPv4 address in IPv6 clothes: mapped, compatible or behind NAT64.
            let wraps = bytes.starts(with: [0, 0, 0, 0]) || bytes.starts(with: [0, 0x64, 0xFF, 0x9B])
            let isIPv4 = wraps && bytes[4..<10].allSatisfy { $0 == 0 } && bytes[12] == 169 && bytes[13] == 254
            return isLinkLocal || isOfEC2 || isIPv4
        }
        // The dot at the end of a name only says that it is complete.
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        if ["metadata", "metadata.google.internal"].contains(name) { return true }
        guard let octets = IPv4.octets(of: name) else { return name == "instance-data" }
        // Besides the link-local ones those of Alibaba, Azure's host and Oracle.
        return octets.starts(with: [169, 254])
            || [[100, 100, 100, 200], [168, 63, 129, 16], [192, 0, 0, 192]].contains(octets)
    }
}

enum IPv6 {
    /// The sixteen bytes of an address as it stands between brackets, without a zone.
    static func bytes(of text: Substring) -> [UInt8]? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, String(text), &address) == 1 else { return nil }
        return withUnsafeBytes(of: address) { Array($0) }
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
