/// Removes from a URL what may grant access: user, password, and everything in the query, where signatures stand.
enum Redaction {
    /// In a bucket's URL `?` is part of the key, unless what follows is the query of a signed link that somebody pasted.
    static func key(_ url: String) -> String {
        guard let query = url.firstIndex(of: "?") else { return url }
        let names = url[query...].dropFirst().split(separator: "&").map { $0.prefix { $0 != "=" }.lowercased() }
        let isSigned = names.contains { $0 == "sig" || $0.hasSuffix("signature") || $0.hasSuffix("-token") }
        return isSigned ? url[...query] + "***" : url
    }

    static func url(_ url: String) -> String {
        var shown = url[...]
        var suffix = ""
        if let query = shown.firstIndex(where: { $0 == "?" || $0 == "#" }) {
            suffix = String(shown[query]) + "***"
            shown = shown[..<query]
        }
        guard let scheme = shown.firstIndex(of: ":"), shown[scheme...].hasPrefix("://") else { return shown + suffix }
        let start = shown.index(scheme, offsetBy: 3)
        let end = shown[start...].firstIndex(of: "/") ?? shown.endIndex
        guard let at = shown[start..<end].lastIndex(of: "@") else { return shown + suffix }
        return shown[..<start] + "***" + shown[at...] + suffix
    }
}
