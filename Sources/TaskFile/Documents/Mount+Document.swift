public import JSON

/// An entry as one process of ours hands it to another: all that it takes to open its source again and to show it as a
/// mount, secrets included, and nothing that is for copies. It is not for files, logs or people.
extension Mount {
    public var document: JSONValue {
        .members([
            ("destination", .string(destination.normalized)), ("mode", .string(mode.rawValue)),
            ("store", .string(store.rawValue)), ("key_prefix", keyPrefix.map { .string($0) }),
            ("sources", .array(sources.map(\.document))), ("provider", provider?.document),
            ("access", access.document), ("mount", mount.document), ("ownership", ownership.document),
            ("checksum", .string(checksum.rawValue)),
        ])
    }

    /// Nothing when it is no such document, or one of another version of this program.
    public init?(document: JSONValue) {
        guard let text = document["destination"]?.text, let destination = try? Destination(Text(text)),
            let mode = document["mode"]?.text.flatMap(Mode.init), let store = Store(document["store"]),
            case .array(let sources)? = document["sources"], let access = StoreAccess(document: document["access"]),
            let mount = MountOptions(document: document["mount"])
        else { return nil }
        var provider: Provider?
        if let stated = document["provider"] {
            provider = Provider(document: stated)
            guard provider != nil else { return nil }
        }
        self.init(
            destination: destination, position: .start, path: "", sources: sources.compactMap(Source.init(document:)),
            isList: false, uploadTarget: nil, mode: mode, store: store, keyPrefix: document["key_prefix"]?.text,
            provider: provider, access: access, preset: nil, copy: CopyOptions(), mount: mount, cache: nil,
            ownership: Ownership(document: document["ownership"]),
            checksum: document["checksum"]?.text.flatMap(ChecksumChoice.init) ?? .auto, syncsBack: false)
        guard self.sources.count == sources.count else { return nil }
    }
}

extension Mount.Ownership {
    fileprivate var document: JSONValue {
        .members([
            ("uid", uid.map { .integer($0) }), ("gid", gid.map { .integer($0) }),
            ("file_mode", fileMode.map { .integer($0) }), ("dir_mode", dirMode.map { .integer($0) }),
        ])
    }

    fileprivate init(document: JSONValue?) {
        uid = document?["uid"]?.wholeNumber
        gid = document?["gid"]?.wholeNumber
        fileMode = document?["file_mode"]?.wholeNumber
        dirMode = document?["dir_mode"]?.wholeNumber
    }
}

extension MountOptions {
    fileprivate var document: JSONValue {
        .members([
            ("read_only", .boolean(isReadOnly)), ("commit", .string(commit.rawValue)),
            ("metadata_ttl", .integer(metadataTTLMilliseconds)), ("io_timeout", .integer(ioTimeoutMilliseconds)),
            ("overlay", .boolean(overlaysNonempty)), ("allow_other", allowsOtherUsers.map { .boolean($0) }),
            ("staging_dir", stagingFolder.map { .string($0) }), ("staging_size", stagingSize.map { .integer($0) }),
            ("upload_torn", .boolean(uploadsTornFiles)),
        ])
    }

    fileprivate init?(document: JSONValue?) {
        guard let document, let commit = document["commit"]?.text.flatMap(Commit.init),
            let metadataTTL = document["metadata_ttl"]?.wholeNumber, let ioTimeout = document["io_timeout"]?.wholeNumber
        else { return nil }
        self.init(commit: commit)
        isReadOnly = document["read_only"] == true
        metadataTTLMilliseconds = metadataTTL
        ioTimeoutMilliseconds = ioTimeout
        overlaysNonempty = document["overlay"] == true
        allowsOtherUsers = document["allow_other"].map { $0 == true }
        stagingFolder = document["staging_dir"]?.text
        stagingSize = document["staging_size"]?.wholeNumber
        uploadsTornFiles = document["upload_torn"] == true
    }
}

extension Store {
    init?(_ value: JSONValue?) {
        guard let text = value?.text else { return nil }
        self.init(rawValue: text)
    }
}

extension JSONValue {
    /// An object without the members that have no value.
    static func members(_ members: [(String, JSONValue?)]) -> JSONValue {
        .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }
}
