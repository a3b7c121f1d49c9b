extension EntryReader {
    func readProvider(_ draft: inout Draft) {
        for source in draft.sources {
            guard case .hostFolder(let id, _) = source.location, draft.fields.present["provider"] == nil else {
                continue
            }
            if let provider = providers.hostFolder(id) {
                draft.provider = provider
            } else {
                reportUnknownProvider(id, at: source.position, source.path)
            }
        }
        guard let field = draft.fields["provider"], case .text(let name) = field.value else { return }
        guard let provider = providers[name.value] else {
            return reportUnknownProvider(name.shown, at: field.position, field.path)
        }
        if draft.sources.contains(where: \.location.isLocalPath) && draft.uploadTarget == nil {
            return diagnostics.error(
                .storeConflict, "`provider` does not go with a local path", hint: "it is for buckets and fs://",
                at: field.key, field.path)
        }
        // That a web server has no provider has been said already.
        if let store = draft.stores.first(where: { $0 != .web && !serves(provider, $0) }) {
            diagnostics.error(
                .storeConflict,
                "provider `\(name.shown)` is for \(provider.store.displayName), the source is on \(store.displayName)",
                at: field.position, field.path)
        }
        draft.provider = provider
    }

    /// A server that speaks S3 may stand in for any of its dialects.
    private func serves(_ provider: Provider, _ store: Store) -> Bool {
        provider.store == store || provider.store == .s3 && Store.s3Dialects.contains(store)
    }

    private func reportUnknownProvider(_ name: String, at position: Position, _ path: String) {
        let known = diagnostics.wantsHints ? providers.names : []
        let hint =
            !diagnostics.wantsHints
            ? nil
            : providers.nearestName(to: name).map { "did you mean `\($0)`?" }
                ?? (known.isEmpty
                    ? "define it under providers:, or pass --providers FILE"
                    : "known: \(known.prefix(10).joined(separator: ", "))")
        diagnostics.error(.unknownProvider, "there is no provider `\(name)`", hint: hint, at: position, path)
    }

    /// The endpoint by its order of precedence: entry, provider, the operator's environment, the profile.
    func readEndpoint(_ draft: inout Draft) {
        let store = draft.sources.first?.store
        if let field = draft.fields["endpoint"], case .text(let text) = field.value {
            if let endpoint = Endpoint(text.value) {
                draft.access.endpoint = endpoint
            } else {
                diagnostics.error(
                    .badValue, "the value is no endpoint",
                    hint: "https://HOST[:PORT], http://HOST[:PORT] or HOST[:PORT]; no user, no query",
                    at: field.position, field.path)
            }
        }
        if draft.provider == nil, case .bucket(let bucket)? = draft.sources.first?.location {
            draft.provider = providers.serving(bucket, endpoint: draft.access.endpoint)
        }
        if let endpoint = draft.access.endpoint, let field = draft.fields["endpoint"] {
            let store = draft.uploadTarget?.store ?? store ?? .s3
            endpointSafety.check(
                endpoint, at: field.position, field.path, draft.fields, store: store, provider: draft.provider)
        }
        // What the URL says is the entry's own, which a provider only completes.
        if case .bucket(let bucket)? = draft.sources.first?.location {
            draft.access.region = draft.access.region ?? bucket.region
            draft.access.account = draft.access.account ?? bucket.account
        }
        if let provider = draft.provider { draft.access = draft.access.filled(from: provider.access) }
        // A connection string says itself where it leads, which is known when its secret is read.
        if let store, draft.access.endpoint == nil, draft.provider?.credentials.connectionString == nil {
            draft.access.endpoint = ambientEndpoint(for: store, draft)
        }
        // Azure's URLs name the host themselves, when nothing stronger does.
        if draft.access.endpoint == nil, let source = draft.sources.first, case .bucket(let bucket) = source.location,
            let endpoint = bucket.endpoint
        {
            endpointSafety.check(
                endpoint, at: source.position, source.path, draft.fields, store: bucket.store, provider: draft.provider)
        }
    }

    /// What the operator's environment names. An account of Azure's own is no stand-in for another one.
    private func ambientEndpoint(for store: Store, _ draft: Draft) -> Endpoint? {
        let named = AmbientEndpoint.named(in: context.environment, for: store)
        switch store {
        case .s3: return named ?? context.profileEndpoint(draft.access.profile).flatMap { Endpoint($0) }
        case .azure:
            guard let named, let account = draft.access.account, let other = named.azureAccount, account != other,
                named.belongs(to: .azure)
            else { return named }
            return nil
        default: return named
        }
    }

    /// CoreWeave's own hosts know a bucket only as the name before theirs; an endpoint elsewhere may have it in the path.
    func checkPathStyle(_ draft: Draft) {
        guard draft.access.usesPathStyle == true, draft.stores.contains(.coreweave),
            draft.access.endpoint?.belongs(to: .coreweave) ?? true
        else { return }
        // What a provider says is complained of where the bucket is named.
        let field = draft.fields["path_style"] ?? draft.fields["provider"] ?? draft.fields["source"]
        let whose = draft.fields["path_style"] == nil ? draft.provider.map { " of provider `\($0.name)`" } ?? "" : ""
        diagnostics.error(
            .storeConflict, "`path_style: true`\(whose) does not go with CoreWeave: its buckets stand in the host",
            hint: "write path_style: false, or leave it out", at: field?.key ?? position, field?.path ?? path)
    }

    private var endpointSafety: EndpointSafety {
        EndpointSafety(diagnostics: diagnostics, environment: context.environment)
    }

    func checkBucketNames(_ draft: Draft) {
        // Behind a service of one's own other names may be allowed: worth a word, no reason to stop.
        let hasOwnService =
            draft.fields.present["endpoint"] != nil || draft.fields.present["provider"] != nil
            || draft.provider != nil || draft.access.endpoint != nil
        var buckets = draft.sources.compactMap { source -> (BucketLocation, Position, String)? in
            if case .bucket(let bucket) = source.location { (bucket, source.position, source.path) } else { nil }
        }
        if let target = draft.uploadTarget, let name = draft.fields["name"] {
            buckets.append((target, name.position, name.path))
        }
        for (bucket, position, path) in buckets {
            guard let objection = BucketName.objection(to: bucket.bucket, of: bucket.store) else { continue }
            if objection.isWarning || hasOwnService && !objection.isFinal {
                diagnostics.warning(.badBucketName, objection.message, hint: objection.hint, at: position, path)
            } else {
                diagnostics.error(.badBucketName, objection.message, hint: objection.hint, at: position, path)
            }
        }
    }
}
