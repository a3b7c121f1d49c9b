import JSON

extension Provider {
    /// Without what only reading a task file needs: which buckets it serves, and where it is written.
    var document: JSONValue {
        .members([
            ("name", .string(name)), ("store", .string(store.rawValue)), ("compatible", .boolean(isOnlyCompatible)),
            ("access", access.document), ("credentials", credentials.document),
            ("multipart", .boolean(usesMultipart)), ("multipart_threshold", multipartThreshold.map { .integer($0) }),
            ("host_folder", hostFolder.map { .string($0) }), ("operators", .boolean(isOperators)),
        ])
    }

    init?(document: JSONValue) {
        guard let name = document["name"]?.text, let store = Store(document["store"]),
            let access = StoreAccess(document: document["access"]), let credentials = document["credentials"],
            let read = ProviderCredentials(document: credentials)
        else { return nil }
        self.init(
            name: name, store: store, isOnlyCompatible: document["compatible"] == true, access: access,
            credentials: read, claimPlaces: [], usesMultipart: document["multipart"] != false,
            multipartThreshold: document["multipart_threshold"]?.wholeNumber,
            hostFolder: document["host_folder"]?.text, isOperators: document["operators"] == true,
            origin: Origin(file: "", position: nil, path: ""))
    }
}

extension ProviderCredentials {
    private static var secrets: [(String, WritableKeyPath<ProviderCredentials, SecretSource?>)] {
        [
            ("access_key", \.accessKey), ("secret_key", \.secretKey), ("session_token", \.sessionToken),
            ("account_key", \.accountKey), ("sas_token", \.sasToken), ("connection_string", \.connectionString),
            ("credentials_json", \.credentialsJSON),
        ]
    }

    fileprivate var document: JSONValue {
        var members: [(String, JSONValue?)] = Self.secrets.map { name, key in (name, self[keyPath: key]?.document) }
        members.append(("credentials_file", credentialsFile.map { .string($0) }))
        members.append(("process", process.map { .string($0) }))
        switch instanceRole {
        case .any: members.append(("instance_role", true))
        case .named(let name): members.append(("instance_role", .string(name)))
        case nil: break
        }
        return .members(members)
    }

    fileprivate init?(document: JSONValue) {
        self.init()
        for (name, key) in Self.secrets {
            guard let stated = document[name] else { continue }
            guard let secret = SecretSource(document: stated) else { return nil }
            self[keyPath: key] = secret
        }
        credentialsFile = document["credentials_file"]?.text
        process = document["process"]?.text
        switch document["instance_role"] {
        case .boolean: instanceRole = .any
        case .string(let name): instanceRole = .named(name)
        default: break
        }
    }
}

extension SecretSource {
    fileprivate var document: JSONValue {
        switch self {
        case .literal(let secret): .members([("literal", .string(secret.exposed))])
        case .environment(let name): .members([("env", .string(name))])
        case .file(let path): .members([("file", .string(path))])
        case .command(let words): .members([("command", .strings(words))])
        }
    }

    fileprivate init?(document: JSONValue) {
        if let text = document["literal"]?.text {
            self = .literal(Secret(text))
        } else if let name = document["env"]?.text {
            self = .environment(name)
        } else if let path = document["file"]?.text {
            self = .file(path)
        } else if case .array(let words)? = document["command"] {
            self = .command(words.compactMap(\.text))
        } else {
            return nil
        }
    }
}
