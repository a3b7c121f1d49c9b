/// Paths as text: nothing here looks at the file system.
public enum Paths {
    /// Without double slashes, `.` segments and a slash at the end; `..` is left alone, since links may be on the way.
    public static func normalized(_ path: String) -> String {
        let segments = path.split(separator: "/").filter { $0 != "." }
        return (path.hasPrefix("/") ? "/" : "") + segments.joined(separator: "/")
    }

    /// With `~` at the beginning, which is the home folder.
    public static func fromHome(_ path: String, _ home: String) -> String {
        path == "~" || path.hasPrefix("~/") ? home + path.dropFirst() : path
    }

    /// The folders above a normalised path, the outermost first; the root is not among them.
    public static func parents(of path: String) -> [String] {
        path.indices.dropFirst().filter { path[$0] == "/" }.map { String(path[..<$0]) }
    }

    public static func lastComponent(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
