import Checksums

/// Text that headers cannot hold as it is (RFC 2047). AWS hands out other text in this form too, and takes UTF-8 that it
/// is given for Latin-1.
enum EncodedWord {
    static func encoded(_ text: String) -> String {
        let isSafe =
            HeaderText.isPlain(text) && text.first != " " && text.last != " " && !text.hasPrefix("=?")
        return isSafe ? text : always(text)
    }

    static func always(_ text: String) -> String { "=?UTF-8?B?" + Base64.text(of: Array(text.utf8)) + "?=" }

    static func decoded(_ text: String) -> String {
        guard text.hasPrefix("=?"), text.hasSuffix("?="), text.utf8.count >= 8 else { return text }
        let parts = text.dropFirst(2).dropLast(2).split(separator: "?", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].lowercased() == "utf-8" else { return text }
        let bytes =
            switch parts[1] {
            case "B", "b": Base64.bytes(of: String(parts[2]))
            case "Q", "q": quoted(parts[2])
            default: [UInt8]?.none
            }
        return bytes.flatMap { String(validating: $0, as: UTF8.self) } ?? text
    }

    private static func quoted(_ text: Substring) -> [UInt8] {
        // The same as in forms, with other signs.
        var bytes = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "_"): UInt8(ascii: "+")
            case UInt8(ascii: "="): UInt8(ascii: "%")
            default: byte
            }
        }
        FormEncoding.decode(&bytes)
        return bytes
    }
}
