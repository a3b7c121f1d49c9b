/// Somebody whom Google knows, as a credentials file describes it.
protocol GoogleIdentity: Sendable {
    func token(
        for scope: GoogleScope, on machine: CredentialMachine
    ) async throws(StoreError) -> FoundCredentials<BearerToken>
}

extension GoogleCredentialsFile {
    /// Whom the file is about.
    func identity() throws(StoreError) -> any GoogleIdentity {
        try checkUniverse()
        switch try type() {
        case .serviceAccount: return try GoogleServiceAccount(self)
        case .user: return try GoogleUser(self)
        case .workforceUser: return try GoogleUser(ofWorkforce: self)
        case .external: return try GoogleExternalAccount.identity(self)
        case .impersonated: return try GoogleImpersonation(self)
        }
    }

    /// What files say of themselves.
    enum Kind: String {
        case serviceAccount = "service_account"
        case user = "authorized_user"
        case workforceUser = "external_account_authorized_user"
        case external = "external_account"
        case impersonated = "impersonated_service_account"
    }

    private func type() throws(StoreError) -> Kind {
        guard let type = try optionalText("type") else {
            // What the console offers for download beside keys.
            let isClient = has("installed") || has("web")
            throw problem(
                isClient ? "it is the secret of an OAuth client, which is nobody's credentials" : "it has no type")
        }
        if let kind = Kind(rawValue: type) { return kind }
        throw problem(
            type == "gdch_service_account"
                ? "a gdch_service_account is for Google Distributed Cloud, not for Google Cloud Storage"
                : "its type is none that is known")
    }

    /// Google's clouds for governments and others have hosts of their own.
    private func checkUniverse() throws(StoreError) {
        guard try optionalText("universe_domain") ?? "googleapis.com" == "googleapis.com" else {
            throw problem("universe_domain: only accounts of googleapis.com can be used")
        }
    }
}
