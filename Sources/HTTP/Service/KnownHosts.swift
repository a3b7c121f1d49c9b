import Synchronization

/// Hosts that have answered this client. When one of them cannot be reached any more, it is away for a while, and worth more
/// patience than an address that may just be wrong.
final class KnownHosts: Sendable {
    private let names = Mutex<Set<String>>([])

    func note(_ address: HTTPAddress) {
        names.withLock { _ = $0.insert(address.authority) }
    }

    func contains(_ address: HTTPAddress) -> Bool {
        names.withLock { $0.contains(address.authority) }
    }
}
