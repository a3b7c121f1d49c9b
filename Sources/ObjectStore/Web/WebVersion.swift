import HTTP
import Platform

/// What tells one content of a file on the web from another: its ETag, when it is a strong one, else when it was last
/// modified, else nothing.
enum WebVersion {
    static let unknown = ObjectVersion("unversioned")

    static func version(_ headers: HTTPHeaders) -> ObjectVersion {
        if let tag = strongTag(headers) { return ObjectVersion(tag) }
        return modified(headers).map { ObjectVersion("modified \($0)") } ?? unknown
    }

    /// With its quotes. A weak one (`W/"…"`) says that two contents mean the same, not that they are the same bytes.
    static func strongTag(_ headers: HTTPHeaders) -> String? {
        guard let tag = headers["ETag"], isStrongTag(tag) else { return nil }
        return tag
    }

    static func modified(_ headers: HTTPHeaders) -> Int? { headers["Last-Modified"].flatMap { HTTPDate.seconds($0) } }

    /// Whether what came can be of the version that was asked for.
    static func matches(_ came: ObjectVersion, _ wanted: ObjectVersion?) -> Bool {
        wanted == nil || wanted == unknown || wanted == came
    }

    /// For `If-Match`; versions come from notes as well, which anybody may have written.
    static func condition(_ version: ObjectVersion?) -> String? {
        version.flatMap { isStrongTag($0.text) ? $0.text : nil }
    }

    private static func isStrongTag(_ text: String) -> Bool {
        text.utf8.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") && HeaderText.isPlain(text)
            && !text.dropFirst().dropLast().contains("\"")
    }
}
