/// Where a mount appears on this machine.
public struct Destination: Sendable, Equatable {
    /// As the user wrote it, to recognise it by.
    public var written: String
    /// The same without double slashes and dots; begins with `/` or `~/`.
    public var normalized: String
    /// It ended in a slash: a single object lands inside, not in its place.
    public var isFolder: Bool

    struct Objection: Error {
        var message: String
        var hint: String?
    }

    init(_ text: Text) throws(Objection) {
        let path = text.value
        guard !path.utf8.contains(0) else { throw Objection(message: "a destination cannot hold a NUL character") }
        guard path.hasPrefix("/") || path.hasPrefix("~/") else {
            throw Objection(
                message: "`\(text.shown)` is not absolute",
                hint: path == "~" ? "the whole home folder cannot be a destination" : "begin it with / or ~/")
        }
        let segments = path.split(separator: "/").filter { $0 != "." }
        guard !segments.contains("..") else {
            throw Objection(message: "`\(text.shown)` holds `..`", hint: "write the path that you mean")
        }
        guard segments.count > (path.hasPrefix("~") ? 1 : 0) else {
            throw Objection(
                message: "`\(text.shown)` would hide everything below it", hint: "choose a folder of its own")
        }
        if let long = segments.first(where: { $0.utf8.count > 255 }) {
            throw Objection(
                message: "a name in it has \(long.utf8.count) bytes", hint: "file systems allow 255")
        }
        guard path.utf8.count <= 4095 else {
            throw Objection(message: "the path has \(path.utf8.count) bytes", hint: "Linux allows 4095")
        }
        written = text.shown
        normalized = (path.hasPrefix("~") ? "" : "/") + segments.joined(separator: "/")
        isFolder = path.hasSuffix("/") || path.hasSuffix("/.")
    }

    /// The path below `home`, still to be put below a root folder.
    public func absolute(home: String) -> String {
        guard normalized.hasPrefix("~/") else { return normalized }
        let home = home.hasSuffix("/") ? String(home.dropLast()) : home
        return home + normalized.dropFirst()
    }
}
