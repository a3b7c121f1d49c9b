import Platform
import Synchronization

/// Credentials that came in the place of others which were permitted too little.
final class AzureReplacements: Sendable {
    /// Longer than one request is tried.
    private static let memoryMilliseconds = 300_000

    private let last = Mutex<(credential: AzureCredential, until: Int)?>(nil)

    func note(_ credential: AzureCredential?) {
        guard let credential else { return }
        last.withLock { $0 = (credential, MonotonicTime.milliseconds + Self.memoryMilliseconds) }
    }

    func areNew(_ credential: AzureCredential) -> Bool {
        last.withLock { last in
            last.map { $0.credential == credential && MonotonicTime.milliseconds < $0.until } ?? false
        }
    }
}
