public import Platform

/// Where credentials may go that are found in the environment or on the machine: to the store's own vendor, and to an
/// endpoint that the operator has named, in the environment or in a profile of the AWS configuration.
public enum MachineCredentials {
    /// `endpoint`: of the entry or its URL; nothing is the vendor's own place. `profileEndpoint`: that of the profile in use.
    public static func mayGo(
        to endpoint: Endpoint?, of store: Store, _ environment: Environment, profileEndpoint: String?
    ) -> Bool {
        guard let endpoint else { return true }
        if endpoint.isLinkLocal { return false }
        if endpoint.belongs(to: store) || isNamedByOperator(endpoint, store, environment) { return true }
        guard store == .s3, let named = profileEndpoint.flatMap({ Endpoint($0) }) else { return false }
        return named.isSamePlace(as: endpoint)
    }

    static func isNamedByOperator(_ endpoint: Endpoint, _ store: Store, _ environment: Environment) -> Bool {
        AmbientEndpoint.named(in: environment, for: store)?.isSamePlace(as: endpoint) ?? false
    }
}

extension Endpoint {
    fileprivate func isSamePlace(as other: Endpoint) -> Bool {
        authority == other.authority && isSecure == other.isSecure
    }
}
