/// The text of a source outside of any task file, such as an operand of the command line.
public enum SourceText {
    /// A task with nothing but this source in it, whose problems are those of the source.
    public static func task(with source: String) -> [UInt8] {
        // JSON is YAML as well. A `$` is doubled: there are no variables here.
        var text = "{\"file_mounts\": {\"\(destination)\": \""
        for scalar in source.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\" + String(scalar)
            case "$": text += "$$"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return Array((text + "\"}}").utf8)
    }

    /// As it may be shown, when it could not be read.
    public static func shown(_ source: String) -> String { Redaction.url(source) }

    private static let destination = "/source"
}
