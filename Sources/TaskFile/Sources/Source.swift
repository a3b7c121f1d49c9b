/// One source of an entry: what it names, how to show it, and where it is written.
public struct Source: Sendable, Equatable {
    public var location: SourceLocation
    /// The text as it may be shown: without secrets, signatures and passwords.
    public var shown: String
    public var position: Position
    public var path: String

    public var store: Store {
        switch location {
        case .bucket(let bucket): bucket.store
        case .web: .web
        case .local, .file, .hostFolder: .file
        }
    }

    /// The name under which an item of a list lands.
    public var baseName: String {
        if case .web(let url) = location { return WebName.name(of: url.value) }
        let text: String =
            switch location {
            case .bucket(let bucket): bucket.key.isEmpty ? bucket.bucket : bucket.key
            case .web(let url): url.value
            case .local(let path), .file(let path), .hostFolder(_, let path): path.value
            }
        return text.split(separator: "/").last.map(String.init) ?? ""
    }
}
