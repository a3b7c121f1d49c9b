import JSON

extension StoreAccess {
    /// Text, flags and numbers by the names of their keys.
    private static var texts: [(String, WritableKeyPath<StoreAccess, String?>)] {
        [
            ("region", \.region), ("account", \.account), ("project", \.project), ("profile", \.profile),
            ("role_arn", \.roleARN), ("web_identity_token_file", \.webIdentityTokenFile), ("acl", \.acl),
            ("sse", \.serverSideEncryption), ("kms_key_id", \.kmsKeyID), ("storage_class", \.storageClass),
        ]
    }

    private static var flags: [(String, WritableKeyPath<StoreAccess, Bool?>)] {
        [("path_style", \.usesPathStyle), ("requester_pays", \.requesterPays), ("anonymous", \.isAnonymous)]
    }

    private static var numbers: [(String, WritableKeyPath<StoreAccess, Int?>)] {
        [("part_size", \.partSize), ("concurrency", \.concurrency)]
    }

    var document: JSONValue {
        var members: [(String, JSONValue?)] = [("endpoint", endpoint.map { .string($0.url) })]
        members += Self.texts.map { name, key in (name, self[keyPath: key].map { .string($0) }) }
        members += Self.flags.map { name, key in (name, self[keyPath: key].map { .boolean($0) }) }
        members += Self.numbers.map { name, key in (name, self[keyPath: key].map { .integer($0) }) }
        let headers = headers.map { JSONValue.array([.string($0.name), .string($0.value.exposed)]) }
        members.append(("headers", headers.isEmpty ? nil : .array(headers)))
        switch tls {
        case .on: members.append(("tls_verify", true))
        case .off: members.append(("tls_verify", false))
        case .authority(let file): members.append(("tls_verify", .string(file)))
        case nil: break
        }
        return .members(members)
    }

    init?(document: JSONValue?) {
        guard let document, case .object = document else { return nil }
        self.init(Fields())
        if let url = document["endpoint"]?.text {
            endpoint = Endpoint(url)
            guard endpoint != nil else { return nil }
        }
        for (name, key) in Self.texts { self[keyPath: key] = document[name]?.text }
        for (name, key) in Self.flags { self[keyPath: key] = document[name].map { $0 == true } }
        for (name, key) in Self.numbers { self[keyPath: key] = document[name]?.wholeNumber }
        if case .array(let headers)? = document["headers"] {
            self.headers = headers.compactMap { header in
                guard case .array(let parts) = header, parts.count == 2, let name = parts[0].text,
                    let value = parts[1].text
                else { return nil }
                return Header(name: name, value: Secret(value))
            }
            guard self.headers.count == headers.count else { return nil }
        }
        switch document["tls_verify"] {
        case .boolean(let isOn): tls = isOn ? .on : .off
        case .string(let file): tls = .authority(file: file)
        default: break
        }
    }
}
