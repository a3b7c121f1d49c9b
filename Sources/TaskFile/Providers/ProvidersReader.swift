import Platform

/// Reads `providers:` of a task, or a providers file.
struct ProvidersReader {
    let reader: FieldReader
    let trust: Trust

    /// Whose words these are. Whoever runs the job may name commands, and places for the machine's credentials; a task file
    /// may not.
    enum Trust {
        case `operator`
        case task(Environment)
    }

    private var diagnostics: Diagnostics { reader.diagnostics }

    func providers(in node: YAMLNode, path: String) -> [Provider] {
        guard case .mapping = node.content else {
            diagnostics.error(
                .notAMapping, "providers must be a mapping of names to settings, found \(node.kindName)",
                at: node.position, path)
            return []
        }
        var providers: [Provider] = []
        for pair in reader.pairs(of: node, path: path) {
            guard let name = pair.key.scalar, !name.isBroken else { continue }
            let providerPath = "\(path).\(name.shown)"
            guard case .mapping = pair.value.content else {
                diagnostics.error(
                    .badType, "provider `\(name.shown)` must be a mapping, found \(pair.value.kindName)",
                    at: pair.value.position, providerPath)
                continue
            }
            if let provider = provider(name.text, at: pair.key.position, pair.value, path: providerPath) {
                providers.append(provider)
            }
        }
        reportRivals(among: providers)
        if case .task(let environment) = trust {
            let safety = EndpointSafety(diagnostics: diagnostics, environment: environment)
            providers.forEach(safety.check(ofTask:))
        }
        return providers
    }

    private func provider(_ name: String, at position: Position, _ node: YAMLNode, path: String) -> Provider? {
        // Generated files have a line for every key, most of them empty.
        let fields = reader.fields(of: node, ProviderKeys.rules, path: path, emptyIsAbsent: true)
        guard let kind = fields.string("provider") else {
            if fields.present["provider"] == nil {
                diagnostics.error(
                    .missingSource, "provider `\(name)` does not say what it is",
                    hint: "add provider: one of \(ProviderKeys.kinds.joined(separator: ", "))", at: position, path)
            }
            return nil
        }
        let store = ProviderKeys.store(ofKind: kind)
        StoreFit(diagnostics: diagnostics).check(
            fields, ProviderKeys.rules, stores: [store], owner: "a provider of kind \(kind)", path: path)
        checkSecrets(fields, store: store, path: path)
        AccessCheck(diagnostics: diagnostics).check(fields, store: store)
        var access = StoreAccess(fields)
        access.endpoint = endpoint(fields, path: path)
        if store == .file && fields.present["path"] == nil {
            diagnostics.error(
                .missingSource, "provider `\(name)` does not say which folder it is", hint: "add path: /FOLDER",
                at: position, path)
        }
        if kind == "minio" && fields.present["endpoint"] == nil && fields.present["host"] == nil {
            diagnostics.error(
                .missingSource, "provider `\(name)` does not say where it is", hint: "add endpoint: HOST:PORT",
                at: position, path)
        }
        return Provider(
            name: name, store: store,
            isOnlyCompatible: kind == "minio" && access.endpoint?.belongs(to: .s3) != true, access: access,
            credentials: credentials(fields), claimPlaces: claims(fields),
            usesMultipart: fields.boolean("multipart") ?? true,
            multipartThreshold: fields.integer("multipart_threshold"), hostFolder: fields.string("path"),
            isOperators: isOperators,
            origin: .init(file: diagnostics.file, position: position, path: path))
    }

    private func claims(_ fields: Fields) -> [Provider.ClaimPlace] {
        fields.items("buckets").compactMap { item in
            guard case .text(let text) = item.value else { return nil }
            return .init(claim: BucketClaim(text.value), position: item.position, path: item.path)
        }
    }

    private func credentials(_ fields: Fields) -> ProviderCredentials {
        let role: ProviderCredentials.InstanceRole? =
            fields.boolean("iam_role").flatMap { $0 ? .any : nil } ?? fields.string("iam_role").map { .named($0) }
        return ProviderCredentials(
            accessKey: fields.secret("access_key"), secretKey: fields.secret("secret_key"),
            sessionToken: fields.secret("session_token"), accountKey: fields.secret("account_key"),
            sasToken: fields.secret("sas_token"), connectionString: fields.secret("connection_string"),
            credentialsFile: fields.string("credentials") ?? fields.string("credentials_path"),
            credentialsJSON: fields.secret("credentials_json"), instanceRole: role,
            process: fields.string("credential_process"))
    }

    private var isOperators: Bool {
        if case .operator = trust { true } else { false }
    }

    // MARK: Checks

    private func endpoint(_ fields: Fields, path: String) -> Endpoint? {
        if let host = fields["host"], fields.present["endpoint"] != nil {
            diagnostics.error(
                .keyConflict, "`host` and `endpoint` say the same thing", hint: "keep one of them", at: host.key,
                host.path)
            return nil
        }
        guard let field = fields["endpoint"] ?? fields["host"], case .text(let text) = field.value else { return nil }
        guard var endpoint = Endpoint(text.value, secure: fields.boolean("secure")) else {
            diagnostics.error(
                .badValue, "the value is no endpoint", hint: "https://HOST[:PORT] or HOST[:PORT]",
                at: field.position, field.path)
            return nil
        }
        if let port = fields["port"], case .integer(let number) = port.value {
            if let stated = endpoint.port, stated != number {
                diagnostics.error(
                    .keyConflict, "`port` says \(number), the endpoint \(stated)", at: port.key, port.path)
            }
            endpoint.port = number
        }
        if let secure = fields["secure"], case .boolean(let isSecure) = secure.value, isSecure != endpoint.isSecure {
            diagnostics.error(
                .keyConflict, "`secure` and the scheme of the endpoint contradict each other", at: secure.key,
                secure.path)
        }
        EndpointSafety.reportLinkLocal(endpoint, at: field.position, field.path, diagnostics)
        return endpoint
    }

    private func checkSecrets(_ fields: Fields, store: Store, path: String) {
        let hasAccess = fields.present["access_key"] != nil
        let hasSecret = fields.present["secret_key"] != nil
        if hasSecret && !hasAccess && store != .azure || hasAccess && !hasSecret && store != .azure {
            let (there, missing) = hasAccess ? ("access_key", "secret_key") : ("secret_key", "access_key")
            diagnostics.error(
                .keyConflict, "`\(there)` without `\(missing)`", hint: "add \(missing):",
                at: fields.present[there], "\(path).\(there)")
        }
        guard case .task = trust else { return }
        for (name, field) in fields.all.sorted(by: { $0.key < $1.key }) {
            let isCommand =
                if case .secret(.command) = field.value { true } else { name == "credential_process" }
            guard isCommand else { continue }
            diagnostics.error(
                .badValue, "a task file cannot name commands to run for credentials",
                hint: "put the provider into a file of your own and pass --providers FILE", at: field.position,
                field.path)
        }
    }

    /// Two providers for the same thing: which one serves would be chance.
    private func reportRivals(among providers: [Provider]) {
        struct Claim: Hashable {
            let store: Store
            let host: String?
            let claim: BucketClaim?
        }
        var claimed: [Claim: String] = [:]
        for provider in providers where provider.store != .file {
            let host = provider.access.endpoint?.authority
            let isDefault = provider.claims.isEmpty && !provider.isOnlyCompatible && host == nil
            let claims = isDefault ? [nil] : provider.claims.map(Optional.some)
            for claim in claims {
                let key = Claim(store: provider.store, host: claim == nil ? nil : host, claim: claim)
                guard let rival = claimed.updateValue(provider.name, forKey: key), rival != provider.name else {
                    continue
                }
                let what = claim.map { "`\($0.path.isEmpty ? $0.bucket : $0.bucket + "/" + $0.path)`" }
                let (position, path) = rivalPlace(provider, claim)
                diagnostics.error(
                    .keyConflict,
                    "providers `\(rival)` and `\(provider.name)` both serve "
                        + (what ?? "every bucket of \(provider.store.displayName)"),
                    hint: "give each its own buckets:", at: position, path)
            }
        }
    }

    private func rivalPlace(_ provider: Provider, _ claim: BucketClaim?) -> (Position?, String) {
        let place = provider.claimPlaces.first { $0.claim == claim }
        return place.map { ($0.position, $0.path) } ?? (provider.origin.position, provider.origin.path)
    }
}
