import Synchronization

/// The keys that are derived from a secret for one day, region and service. Deriving one costs four keyed hashes, more
/// than all the rest of a signature, and it is good for a day.
public final class SigningKeys: Sendable, CustomReflectable {
    /// For everybody who signs.
    public static let shared = SigningKeys()

    private struct Entry {
        let secret: String
        let date: String
        let region: String
        let service: String
        let key: [UInt8]
    }

    /// The one last made stands first. A run uses few; those of yesterday and of former credentials fall off the end.
    private let entries = Mutex<[Entry]>([])
    private let limit = 16

    public init() {}

    /// Nothing to see: the entries are secrets.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The date has the form `20261120`.
    func key(secret: String, date: String, region: String, service: String) -> [UInt8] {
        entries.withLock { entries in
            let known = entries.first {
                $0.region == region && $0.date == date && $0.service == service && $0.secret == secret
            }
            if let known { return known.key }
            let key = Self.derived(secret: secret, date: date, region: region, service: service)
            if entries.count == limit { entries.removeLast() }
            entries.insert(Entry(secret: secret, date: date, region: region, service: service, key: key), at: 0)
            return key
        }
    }

    private static func derived(secret: String, date: String, region: String, service: String) -> [UInt8] {
        [date, region, service, "aws4_request"].reduce(Array("AWS4\(secret)".utf8)) { key, word in
            HMAC.sha256(key: key, Array(word.utf8))
        }
    }
}
