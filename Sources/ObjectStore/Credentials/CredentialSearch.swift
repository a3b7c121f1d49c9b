public import HTTP
import Synchronization

/// The credentials of one store: found when they are first needed, kept, and replaced in time.
public final class CredentialSearch<Credential: Sendable & Equatable>: CredentialSource {
    /// Nothing stands for requests that go as nobody's.
    private let cache: CachedCredentials<Credential?>
    private let seen: SeenAttempts
    private let owner: String
    private let clock: ServerClock?

    /// `clock` is by which the credentials are signed, if they are. `owner` is who says what is looked for, and names the credentials as long as none have been found. `look` looks once,
    /// and tells of the places where nothing was found, also when it ends with that.
    init(
        of owner: String, now: @escaping @Sendable () -> Int, signedBy clock: ServerClock? = nil,
        look: @escaping @Sendable (@escaping NoteOfAttempts) async throws(StoreError) -> CredentialOutcome<Credential>
    ) {
        let seen = SeenAttempts()
        self.seen = seen
        self.owner = owner
        self.clock = clock
        cache = CachedCredentials(now: now) { () async throws(StoreError) in
            let outcome = try await look { seen.note($0) }
            seen.note(outcome.found?.origin ?? .anonymous)
            return outcome.found?.map(Optional.some)
                ?? FoundCredentials(value: nil, expiry: nil, origin: .anonymous)
        }
    }

    public func credentials() async throws(StoreError) -> Credential? { try await cache.current().value }

    public func renew(after refused: Credential) async -> Bool { await cache.renew(after: refused) }

    public func learnTime(_ headers: HTTPHeaders) { _ = clock?.correct(headers, used: nil) }

    /// Which source is used and as whom, for documents, `check` and `doctor`.
    public func origin() async throws(StoreError) -> CredentialOrigin { try await cache.current().origin }

    /// Where credentials were looked for in vain, before some were found or altogether.
    public var attempts: [CredentialAttempt] { seen.attempts }

    public var name: String { seen.origin?.description ?? owner }
}

/// Told of the places where nothing was found.
typealias NoteOfAttempts = @Sendable ([CredentialAttempt]) -> Void

/// What looking once gave: credentials or, where requests may go without, none; and where else it was looked before that.
struct CredentialOutcome<Credential: Sendable>: Sendable {
    var found: FoundCredentials<Credential>?
    var attempts: [CredentialAttempt]
}

/// What the last search came by.
private final class SeenAttempts: Sendable {
    private let state = Mutex<(attempts: [CredentialAttempt], origin: CredentialOrigin?)>(([], nil))

    var attempts: [CredentialAttempt] { state.withLock(\.attempts) }
    var origin: CredentialOrigin? { state.withLock(\.origin) }

    func note(_ attempts: [CredentialAttempt]) { state.withLock { $0.attempts = attempts } }
    func note(_ origin: CredentialOrigin) { state.withLock { $0.origin = origin } }
}

/// The searches of a run. Stores that ask for the same share one, so that a machine's identity is asked for once and not by
/// every mount.
public final class CredentialSearches<Request: CredentialRequest>: Sendable {
    public let machine: CredentialMachine
    private let searches = Mutex<[Request: CredentialSearch<Request.Credential>]>([:])

    public init(on machine: CredentialMachine) {
        self.machine = machine
    }

    public func search(for request: Request) -> CredentialSearch<Request.Credential> {
        searches.withLock { searches in
            if let known = searches[request] { return known }
            let search = request.search(on: machine)
            searches[request] = search
            return search
        }
    }
}

/// What is said about the credentials for one store, in plain values; whoever asks has settled whose words count.
public protocol CredentialRequest: Sendable, Hashable {
    associatedtype Credential: Sendable & Equatable

    func search(on machine: CredentialMachine) -> CredentialSearch<Credential>
}
