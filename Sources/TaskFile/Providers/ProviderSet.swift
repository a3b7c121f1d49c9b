import Platform

/// The providers that a task can use, and the choice among them.
struct ProviderSet {
    /// Strongest first: of two with one name the first is meant.
    private(set) var providers: [Provider] = []

    mutating func add(_ more: [Provider]) {
        for provider in more where self[provider.name] == nil {
            providers.append(provider)
        }
    }

    subscript(name: String) -> Provider? { providers.first { $0.name == name } }

    func nearestName(to name: String) -> String? {
        Platform.nearestName(to: name, among: providers.map(\.name))
    }

    var names: [String] { providers.map(\.name) }

    /// The provider for a bucket that no entry names: by the source's host, else by the longest claim, else the default
    /// of its kind.
    func serving(_ location: BucketLocation, endpoint: Endpoint?) -> Provider? {
        let candidates = providers.filter { $0.store == location.store }
        let place = endpoint ?? location.endpoint
        if let place {
            if let match = candidates.first(where: { $0.access.endpoint?.authority == place.authority }) {
                return match
            }
            // A place of the task's choice: the secrets of the providers below are not for it.
            guard place.belongs(to: location.store) else { return nil }
        }
        var best: (provider: Provider, length: Int)?
        for provider in candidates where !isOfAnotherAccount(provider, than: location) {
            for claim in provider.claims where claim.covers(location) {
                if claim.path.utf8.count > best?.length ?? -1 { best = (provider, claim.path.utf8.count) }
            }
        }
        // With an endpoint of its own the source is somewhere else than the providers below.
        if let best { return best.provider }
        guard endpoint == nil else { return nil }
        let defaults = candidates.filter {
            $0.claims.isEmpty && !$0.isOnlyCompatible && !isOfAnotherAccount($0, than: location)
        }
        return defaults.first { $0.access.endpoint == nil } ?? defaults.first
    }

    /// Azure: containers of the same name are in many accounts, and a URL may say which one is meant.
    private func isOfAnotherAccount(_ provider: Provider, than location: BucketLocation) -> Bool {
        guard let account = location.account, let place = location.endpoint else { return false }
        let itsPlace = provider.access.endpoint.map { $0.authority != place.authority }
        return itsPlace ?? provider.access.account.map { $0 != account } ?? false
    }

    /// The folder behind `fs://ID/`.
    func hostFolder(_ id: String) -> Provider? {
        providers.first { $0.store == .file && ($0.name == id || $0.claims.contains { $0.bucket == id }) }
    }
}
