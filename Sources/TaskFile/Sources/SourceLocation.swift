/// Where the data of one source is, as far as its text tells.
public enum SourceLocation: Sendable, Equatable {
    /// Objects in a bucket: one, or all below a prefix.
    case bucket(BucketLocation)
    /// A file on a web server; the text may hold a signature, so it is never shown as it is.
    case web(url: Text)
    /// A path of this machine, as written, `~` and all.
    case local(path: Text)
    /// `file:///…`: a local folder treated as a store.
    case file(path: Text)
    /// `fs://ID/…`: below the host folder that the provider of this storage id names.
    case hostFolder(id: String, path: Text)

    public var isLocalPath: Bool {
        if case .local = self { true } else { false }
    }
}

/// A bucket (a container in Azure's words) and what is meant in it.
public struct BucketLocation: Sendable, Equatable {
    public var store: Store
    public var bucket: String
    /// The object's key or the prefix; empty for the whole bucket.
    public var key: String
    /// Azure: the account, OCI: the namespace, where the URL names it.
    public var account: String?
    /// The URL's own host, where that is how the store is reached (`https://ACCOUNT.blob…`).
    public var host: String?
    /// IBM and OCI: the region, where the URL names it.
    public var region: String?

    /// The endpoint that `host` is.
    public var endpoint: Endpoint? { host.flatMap { Endpoint($0) } }

    /// A key that ends in a slash, or no key, can only mean a prefix.
    public var isPrefix: Bool { key.isEmpty || key.hasSuffix("/") }
}
