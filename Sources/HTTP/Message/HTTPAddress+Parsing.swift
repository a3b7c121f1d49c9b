extension HTTPAddress {
    /// Reads an http or https URL. Path and query stay byte for byte as they are; a fragment, which is no business of the
    /// server's, is dropped. Refused are names and passwords in it, control characters, spaces, and hosts in forms
    /// that different readers take for different hosts. What is thrown does not show the text, which may hold a secret.
    public init(parsing text: String) throws(HTTPError) {
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw Self.refusal("a URL with a space or a control character in it")
        }
        let isSecure: Bool
        let start: Int
        if Self.begins(bytes, with: "https://") {
            (isSecure, start) = (true, 8)
        } else if Self.begins(bytes, with: "http://") {
            (isSecure, start) = (false, 7)
        } else {
            throw Self.refusal("a URL that does not begin with http:// or https://")
        }
        let whole = bytes[start...].prefix { $0 != UInt8(ascii: "#") }
        let authority = whole.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let (host, port) = try Self.hostAndPort(authority)
        let target = whole[authority.endIndex...]
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        let query = target[path.endIndex...].dropFirst()
        self.init(
            isSecure: isSecure, host: host, port: port,
            path: path.isEmpty ? "/" : String(decoding: path, as: UTF8.self),
            query: String(decoding: query, as: UTF8.self))
    }

    /// Where a redirect's `Location`, absolute or relative to this address, points to. Whether to go there is not said.
    public func resolving(_ location: String) throws(HTTPError) -> HTTPAddress {
        let location = String(location.prefix { $0 != "#" })
        let lead = location.utf8.prefix { $0 != UInt8(ascii: ":") }
        if lead.endIndex != location.utf8.endIndex, lead.first.map(Self.isLetter) == true,
            lead.allSatisfy({ Self.isLetter($0) || Self.isDigit($0) || "+-.".utf8.contains($0) })
        {
            return try HTTPAddress(parsing: location)
        }
        let scheme = isSecure ? "https:" : "http:"
        if location.hasPrefix("//") { return try HTTPAddress(parsing: scheme + location) }
        let here = "\(scheme)//\(authority)"
        if location.isEmpty { return self }
        if location.hasPrefix("?") { return try HTTPAddress(parsing: here + path + location) }
        let reference = location.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let folder = location.hasPrefix("/") ? "" : path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        let merged = Self.withoutDots(String(folder + reference[0]))
        return try HTTPAddress(parsing: here + merged + (reference.count > 1 ? "?" + reference[1] : ""))
    }

    /// Removes `.` and `..` as relative references mean them (RFC 3986, 5.2.4).
    private static func withoutDots(_ path: String) -> String {
        var kept: [Substring] = []
        let names = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            switch name {
            case ".": if isLast { kept.append("") }
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            default: kept.append(name)
            }
        }
        return "/" + kept.joined(separator: "/")
    }

    private static func begins(_ bytes: [UInt8], with scheme: String) -> Bool {
        bytes.count >= scheme.utf8.count
            && zip(bytes, scheme.utf8).allSatisfy { $0 == $1 || isLetter($0) && $0 | 0x20 == $1 }
    }

    static func refusal(_ what: String) -> HTTPError {
        HTTPError(.malformed, "\(what) is no address that requests can be sent to", isRetryable: false)
    }
}
