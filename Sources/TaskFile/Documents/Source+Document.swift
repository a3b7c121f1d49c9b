import JSON

extension Source {
    var document: JSONValue { .members([("shown", .string(shown)), ("location", location.document)]) }

    init?(document: JSONValue) {
        guard let shown = document["shown"]?.text,
            let location = document["location"].flatMap(SourceLocation.init(document:))
        else { return nil }
        self.init(location: location, shown: shown, position: .start, path: "")
    }
}

extension SourceLocation {
    fileprivate var document: JSONValue {
        switch self {
        case .bucket(let bucket): .members([("bucket", bucket.document)])
        case .web(let url): .members([("web", .string(url.value))])
        case .local(let path): .members([("local", .string(path.value))])
        case .file(let path): .members([("file", .string(path.value))])
        case .hostFolder(let id, let path): .members([("host", .string(id)), ("path", .string(path.value))])
        }
    }

    fileprivate init?(document: JSONValue) {
        if let bucket = document["bucket"].flatMap(BucketLocation.init(document:)) {
            self = .bucket(bucket)
        } else if let url = document["web"]?.text {
            self = .web(url: Text(url))
        } else if let path = document["local"]?.text {
            self = .local(path: Text(path))
        } else if let path = document["file"]?.text {
            self = .file(path: Text(path))
        } else if let id = document["host"]?.text, let path = document["path"]?.text {
            self = .hostFolder(id: id, path: Text(path))
        } else {
            return nil
        }
    }
}

extension BucketLocation {
    fileprivate var document: JSONValue {
        .members([
            ("store", .string(store.rawValue)), ("name", .string(bucket)), ("key", .string(key)),
            ("account", account.map { .string($0) }), ("host", host.map { .string($0) }),
            ("region", region.map { .string($0) }),
        ])
    }

    fileprivate init?(document: JSONValue) {
        guard let store = Store(document["store"]), let name = document["name"]?.text, let key = document["key"]?.text
        else { return nil }
        self.init(
            store: store, bucket: name, key: key, account: document["account"]?.text, host: document["host"]?.text,
            region: document["region"]?.text)
    }
}
