enum XMLEscape {
    /// Text as it stands between tags. Line ends are written as numbers, since readers turn them all into line feeds.
    /// Nothing for what no XML document can hold: other control characters, and two code points beside them.
    static func escaped(_ text: String) -> String? {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            case "\t", "\n", "\r": escaped += "&#\(scalar.value);"
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": return nil
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
