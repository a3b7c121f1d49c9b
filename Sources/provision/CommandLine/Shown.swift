extension String {
    /// A word of the user as a message may show it. Words get misplaced, so what usually holds a secret is left out
    /// everywhere: the value in NAME=VALUE, the query of a URL (signatures) and its user information (passwords).
    var shown: String {
        var head = self[...]
        var tail = ""
        if let cut = head.firstIndex(where: { $0 == "=" || $0 == "?" }), head.index(after: cut) != head.endIndex {
            head = head[...cut]
            tail = "..."
        }
        let scheme = head.firstIndex(of: ":").flatMap { colon -> Index? in
            guard head[colon...].hasPrefix("://") else { return nil }
            return head.index(colon, offsetBy: 3)
        }
        if let scheme, let at = head[scheme...].prefix(while: { $0 != "/" }).lastIndex(of: "@") {
            return "'" + head[..<scheme] + "..." + head[at...] + tail + "'"
        }
        return "'" + head + tail + "'"
    }
}
