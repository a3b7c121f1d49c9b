import Platform

/// Keeps a task file from steering the machine's credentials to a place of its choice.
struct EndpointSafety {
    let diagnostics: Diagnostics
    let environment: Environment

    static func reportLinkLocal(_ endpoint: Endpoint, at position: Position, _ path: String, _ diagnostics: Diagnostics)
    {
        guard endpoint.isLinkLocal else { return }
        diagnostics.error(
            .unsafeEndpoint, "\(endpoint.host) is an address where clouds hand out a machine's credentials",
            hint: "no store is there", at: position, path)
    }

    /// Judges the endpoint that an entry names, by `endpoint` or in its URL. Credentials found in the environment or on
    /// the machine go only to the vendor's own domains, and to endpoints that the operator's environment names; those of
    /// the operator's providers also to the endpoint of that provider.
    func check(
        _ endpoint: Endpoint, at position: Position, _ path: String, _ fields: Fields, store: Store,
        provider: Provider?
    ) {
        guard !endpoint.isLinkLocal else { return Self.reportLinkLocal(endpoint, at: position, path, diagnostics) }
        if fields.boolean("anonymous") == true { return }
        if endpoint.belongs(to: store) || isNamedByOperator(endpoint, store) { return }
        if let provider {
            // The task's own provider has no more than the task gave it.
            let isOwn = provider.origin.file == diagnostics.file
            if isOwn || provider.access.endpoint?.authority == endpoint.authority { return }
            diagnostics.error(
                .unsafeEndpoint,
                "the credentials of provider `\(provider.name)`, which is not of this file, would go to \(endpoint.host)",
                hint: "write the endpoint into the provider", at: position, path)
            return
        }
        // One that does not exist has been reported.
        if fields.present["provider"] != nil { return }
        let named = ["profile", "role_arn", "web_identity_token_file"].filter { fields.present[$0] != nil }
        if let key = named.first {
            diagnostics.error(
                .unsafeEndpoint,
                "`\(key)` would send the machine's credentials to \(endpoint.host), which is not a place of \(store.displayName)",
                hint: "define a provider with this endpoint and its own credentials, and write provider:",
                at: position, path)
        } else {
            diagnostics.warning(
                .unsafeEndpoint,
                "credentials of the machine are not sent to \(endpoint.host); requests will be anonymous",
                hint: "name a provider, or write anonymous: true if that is meant", at: position, path)
        }
    }

    /// A provider of the task has what the task gives it, and does not take the machine's own identity elsewhere.
    func check(ofTask provider: Provider) {
        guard let endpoint = provider.access.endpoint, provider.access.isAnonymous != true, !endpoint.isLinkLocal,
            !endpoint.belongs(to: provider.store), !isNamedByOperator(endpoint, provider.store)
        else { return }
        let named =
            [
                ("profile", provider.access.profile != nil),
                ("role_arn", provider.access.roleARN != nil && provider.credentials.accessKey == nil),
                ("web_identity_token_file", provider.access.webIdentityTokenFile != nil),
                ("iam_role", provider.credentials.instanceRole != nil),
                ("credentials", MachineSecrets.hold(file: provider.credentials.credentialsFile)),
            ] + provider.credentials.secrets.map { ($0.key, MachineSecrets.hold($0.secret)) }
        guard let key = named.first(where: \.1)?.0 else { return }
        diagnostics.error(
            .unsafeEndpoint,
            "`\(key)` would send the machine's credentials to \(endpoint.host), which is not a place of \(provider.store.displayName)",
            hint: "give the provider keys of its own, or put it into a file of your own and pass --providers FILE",
            at: provider.origin.position, provider.origin.path)
    }

    private func isNamedByOperator(_ endpoint: Endpoint, _ store: Store) -> Bool {
        MachineCredentials.isNamedByOperator(endpoint, store, environment)
    }
}

/// The places where a machine keeps the credentials that our own search finds: what a task reads there is not the task's.
enum MachineSecrets {
    private static let variables = ["AWS_", "AZURE_", "ARM_", "GOOGLE_", "GCP_", "CLOUDSDK_", "STORAGE_"]
    private static let folders = ["/.aws/", "/.azure/", "/.config/gcloud/", "/.ssh/", "/.config/rclone/", "/.kube/"]

    static func hold(_ secret: SecretSource?) -> Bool {
        switch secret {
        case .environment(let name): variables.contains { name.hasPrefix($0) }
        case .file(let path): hold(file: path)
        case .literal, .command, nil: false
        }
    }

    static func hold(file path: String?) -> Bool {
        guard let path else { return false }
        let plain = "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        return folders.contains { plain.contains($0) }
    }
}

/// The endpoint that the operator's environment names for a store.
enum AmbientEndpoint {
    static func named(in environment: Environment, for store: Store) -> Endpoint? {
        let text: String? =
            switch store {
            case .s3: environment.nonEmpty("AWS_ENDPOINT_URL_S3") ?? environment.nonEmpty("AWS_ENDPOINT_URL")
            case .gcs: environment.nonEmpty("STORAGE_EMULATOR_HOST")
            case .azure:
                environment.nonEmpty("AZURE_STORAGE_BLOB_ENDPOINT")
                    ?? environment.nonEmpty("AZURE_STORAGE_CONNECTION_STRING").flatMap(blobEndpoint)
            default: nil
            }
        return text.flatMap { endpoint($0, of: store) }
    }

    /// fake-gcs-server's variable is mostly written without a scheme, and means http then.
    private static func endpoint(_ text: String, of store: Store) -> Endpoint? {
        Endpoint(text, secure: store == .gcs ? false : nil)
    }

    /// Variables that name an endpoint and cannot be read: passed over in silence, requests would go to the vendor.
    static func problems(in environment: Environment) -> [Diagnostic] {
        let variables: [(String, Store)] = [
            ("AWS_ENDPOINT_URL_S3", .s3), ("AWS_ENDPOINT_URL", .s3), ("STORAGE_EMULATOR_HOST", .gcs),
            ("AZURE_STORAGE_BLOB_ENDPOINT", .azure),
        ]
        return variables.compactMap { name, store in
            guard let text = environment.nonEmpty(name), endpoint(text, of: store) == nil else { return nil }
            return Diagnostic(
                .warning, .badValue, "\(name) is no endpoint and is ignored", hint: "https://HOST[:PORT]",
                file: "the environment", path: name)
        }
    }

    private static func blobEndpoint(ofConnectionString text: String) -> String? {
        // What Azurite's users write.
        if text.lowercased().contains("usedevelopmentstorage=true") { return "http://127.0.0.1:10000/devstoreaccount1" }
        return text.split(separator: ";").first { $0.lowercased().hasPrefix("blobendpoint=") }.map {
            String($0.dropFirst("blobendpoint=".count))
        }
    }
}
