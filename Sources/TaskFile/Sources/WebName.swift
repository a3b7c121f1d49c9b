/// What a file on the web is called on this machine: the last segment of its URL's path, decoded. Where that is no name of a
/// file, the segment stands as it is written; where there is none, the host's name does.
enum WebName {
    static func name(of url: String) -> String {
        let path = url.prefix { $0 != "?" && $0 != "#" }
        guard let segment = path.split(separator: "/").last.map(String.init) else { return "download" }
        if let decoded = SourceParser.textDecoded(segment), isName(decoded) { return decoded }
        return isName(segment) ? segment : "download"
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".." && !text.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "/") }
            && text.utf8.count <= 255
    }
}
