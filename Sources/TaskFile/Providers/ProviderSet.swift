import Platform

/// The providers that a task can use, and the choice among them.
struct ProviderSet {
    /// Strongest first: of two with one name the first is meant.
    private var providers: [Provider] = []
    private var byName: [String: Int] = [:]
    private var byBucket: [String: [Int]] = [:]
    private var byHost: [HostKey: Int] = [:]
    private var byDefault: [Store: [Int]] = [:]

    private struct HostKey: Hashable {
        let store: Store
        let authority: String

        init(_ store: Store, _ endpoint: Endpoint) {
            self.store = store
            authority = endpoint.authority
        }
    }

    mutating func add(_ more: [Provider]) {
        for provider in more where byName[provider.name] == nil {
            byName[provider.name] = providers.count
            for bucket in Set(provider.claims.map(\.bucket)) { byBucket[bucket, default: []].append(providers.count) }
            if let endpoint = provider.access.endpoint {
                let key = HostKey(provider.store, endpoint)
                byHost[key] = byHost[key] ?? providers.count
            }
            if provider.claims.isEmpty && !provider.isOnlyCompatible {
                byDefault[provider.store, default: []].append(providers.count)
            }
            providers.append(provider)
        }
    }

    subscript(name: String) -> Provider? { byName[name].map { providers[$0] } }

    func nearestName(to name: String) -> String? {
        Platform.nearestName(to: name, among: providers.map(\.name))
    }

    var names: [String] { providers.map(\.name) }

    /// The provider for a bucket that no entry names: by the source's host, else by the longest claim, else the default
    /// of its kind.
    func serving(_ location: BucketLocation, endpoint: Endpoint?) -> Provider? {
        let place = endpoint ?? location.endpoint
        if let place {
            if let match = byHost[HostKey(location.store, place)] { return providers[match] }
            // A place of the task's choice: the secrets of the providers below are not for it.
            guard place.belongs(to: location.store) else { return nil }
        }
        var best: (provider: Provider, length: Int)?
        for provider in claiming(location) where !isOfAnotherAccount(provider, than: location) {
            for claim in provider.claims where claim.covers(location) {
                if claim.path.utf8.count > best?.length ?? -1 { best = (provider, claim.path.utf8.count) }
            }
        }
        // With an endpoint of its own the source is somewhere else than the providers below.
        if let best { return best.provider }
        guard endpoint == nil else { return nil }
        let defaults = (byDefault[location.store] ?? []).map { providers[$0] }.filter {
            !isOfAnotherAccount($0, than: location)
        }
        return defaults.first { $0.access.endpoint == nil } ?? defaults.first
    }

    private func claiming(_ location: BucketLocation) -> [Provider] {
        (byBucket[location.bucket] ?? []).map { providers[$0] }.filter { $0.store == location.store }
    }

    /// Azure: containers of the same name are in many accounts, and a URL may say which one is meant.
    private func isOfAnotherAccount(_ provider: Provider, than location: BucketLocation) -> Bool {
        guard let account = location.account, let place = location.endpoint else { return false }
        let itsPlace = provider.access.endpoint.map { $0.authority != place.authority }
        return itsPlace ?? provider.access.account.map { $0 != account } ?? false
    }

    /// The folder behind `fs://ID/`.
    func hostFolder(_ id: String) -> Provider? {
        let named = self[id].flatMap { $0.store == .file ? $0 : nil }
        return named ?? byBucket[id]?.lazy.map { providers[$0] }.first { $0.store == .file }
    }
}
