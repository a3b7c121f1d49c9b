/// Removes from a URL what may grant access: user, password, and everything in the query, where signatures stand.
enum Redaction {
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
