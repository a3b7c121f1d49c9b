public import ObjectStore
public import Platform
public import TaskFile

extension AWSCredentialRequest {
    /// What an entry and its provider say about credentials. What the entry says itself is stronger: with a profile of its
    /// own, none of the provider's keys and roles count.
    ///
    /// `endpoint` is where requests go, nothing the vendor's own place; `profileEndpoint` that of the profile in use.
    public init(_ mount: Mount, endpoint: Endpoint?, profileEndpoint: String?, _ environment: Environment) {
        let provider = mount.provider
        self.init(owner: provider.map { "provider \($0.name.printable)" } ?? "the task")
        let access = mount.access
        isAnonymous = access.isAnonymous ?? false
        isAmazon = mount.store == .s3
        region = access.region
        mayUseMachine = MachineCredentials.mayGo(
            to: endpoint, of: mount.store, environment, profileEndpoint: profileEndpoint)
        profile = access.profile
        credentialsFile = provider?.credentials.credentialsFile

        let hasOwnProfile = access.profile != nil && access.profile != provider?.access.profile
        func own(_ value: KeyPath<StoreAccess, String?>) -> String? {
            let said = access[keyPath: value]
            return hasOwnProfile && said == provider?.access[keyPath: value] ? nil : said
        }
        roleARN = own(\.roleARN)
        webIdentityTokenFile = own(\.webIdentityTokenFile)
        if let credentials = provider?.credentials, !hasOwnProfile { fill(from: credentials) }
        let hasOwnRole = [\StoreAccess.roleARN, \.webIdentityTokenFile].contains {
            access[keyPath: $0] != nil && access[keyPath: $0] != provider?.access[keyPath: $0]
        }
        isChosenByEntry = hasOwnProfile || hasOwnRole && keys == nil
    }

    private mutating func fill(from credentials: ProviderCredentials) {
        if let id = credentials.accessKey, let secret = credentials.secretKey {
            keys = Keys(
                accessKeyID: SecretInput(id), secretAccessKey: SecretInput(secret),
                sessionToken: credentials.sessionToken.map { SecretInput($0) })
        }
        process = credentials.process
        instanceRole = credentials.instanceRole.map { role in
            switch role {
            case .any: .any
            case .named(let name): .named(name)
            }
        }
    }
}

extension SecretInput {
    /// As a providers file has it.
    public init(_ source: SecretSource) {
        switch source {
        case .literal(let secret): self = .literal(secret.exposed)
        case .environment(let name): self = .environment(name)
        case .file(let path): self = .file(path)
        case .command(let words): self = .command(words)
        }
    }
}
