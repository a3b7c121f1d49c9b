import Platform
import Signing

/// The name that a server gives a file (RFC 6266): `attachment; filename="a b.txt"; filename*=UTF-8''a%20b.txt`.
enum ContentDisposition {
    /// Only what is one name and hides nothing: no folders, no leading dot, nothing that cannot be printed.
    static func name(_ header: String?) -> String? {
        guard let header else { return nil }
        let parameters = parameters(of: header)
        let name = parameters["filename*"].flatMap(decoded) ?? parameters["filename"]
        guard let name, isHarmless(name) else { return nil }
        return name
    }

    private static func isHarmless(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 255 && !name.hasPrefix(".") && !name.contains("/") && !name.contains("\\")
            && name == name.printable
    }

    /// `UTF-8'en'a%20b`
    private static func decoded(_ text: String) -> String? {
        let parts = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].lowercased() == "utf-8", let bytes = PercentEncoding.decoded(String(parts[2]))
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Names in lower case; of one that comes twice the first counts.
    private static func parameters(of header: String) -> [String: String] {
        var parameters: [String: String] = [:]
        var rest = header.drop { $0 != ";" }
        while rest.first == ";" {
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            let name = rest.prefix { $0 != "=" && $0 != ";" }
            rest = rest[name.endIndex...]
            guard rest.first == "=" else { continue }
            let value = value(&rest)
            let key = name.lowercased().filter { $0 != " " }
            if parameters[key] == nil { parameters[key] = value }
            rest = rest.drop { $0 != ";" }
        }
        return parameters
    }

    /// Behind the `=`: a word, or text in quotes with backslashes before what is meant as it is.
    private static func value(_ rest: inout Substring) -> String {
        rest = rest.dropFirst().drop { $0 == " " }
        guard rest.first == "\"" else {
            let word = rest.prefix { $0 != ";" && $0 != " " }
            rest = rest[word.endIndex...]
            return String(word)
        }
        rest = rest.dropFirst()
        var value = ""
        while let next = rest.popFirst(), next != "\"" {
            if next == "\\", let escaped = rest.popFirst() { value.append(escaped) } else { value.append(next) }
        }
        return value
    }
}
