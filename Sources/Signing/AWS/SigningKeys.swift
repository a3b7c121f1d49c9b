import Synchronization

/// The keys that are derived from a secret for one day, region and service. Deriving one costs four keyed hashes, more
/// than all the rest of a signature, and it is good for a day.
public final class SigningKeys: Sendable, CustomReflectable {
    /// For everybody who signs.
    public static let shared = SigningKeys()

    private struct Entry {
        let secret: String
        let scope: SigningScope
        let key: HMAC
    }

    /// The one last made stands first. A run uses few; those of yesterday and of former credentials fall off the end.
    private let entries = Mutex<[Entry]>([])
    private let limit = 16

    public init() {}

    /// Nothing to see: the entries are secrets.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The code is made with the lock held, since a key serves one thread at a time: half a microsecond, of requests
    /// that take a thread at least fifteen.
    func code(of text: [UInt8], secret: String, scope: SigningScope) -> [UInt8] {
        entries.withLock { entries in
            if let known = entries.first(where: { $0.scope == scope && $0.secret == secret }) {
                return known.key.code(of: text)
            }
            let key = HMAC(key: scope.key(secret: secret))
            if entries.count == limit { entries.removeLast() }
            entries.insert(Entry(secret: secret, scope: scope, key: key), at: 0)
            return key.code(of: text)
        }
    }
}
