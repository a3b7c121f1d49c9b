public import Signing
import Synchronization

/// The credentials of one store: found when they are first needed, kept, and replaced in time.
public final class AWSCredentialSearch: AWSCredentialSource {
    /// Nothing stands for requests without signature.
    private let cache: CachedCredentials<AWSCredentials?>
    private let seen: SeenAttempts
    private let owner: String

    public init(_ request: AWSCredentialRequest, on machine: CredentialMachine) {
        let seen = SeenAttempts()
        let chain = AWSCredentialChain(request: request, machine: machine) { seen.note($0) }
        self.seen = seen
        owner = request.owner
        cache = CachedCredentials(now: machine.now) { () async throws(StoreError) in
            let outcome = try await chain.search()
            seen.note(outcome.found?.origin ?? .anonymous)
            return outcome.found?.map(Optional.some)
                ?? FoundCredentials(value: nil, expiry: nil, origin: .anonymous)
        }
    }

    public func credentials() async throws(StoreError) -> AWSCredentials? { try await cache.current().value }

    public func renew(after refused: AWSCredentials) async -> Bool { await cache.renew(after: refused) }

    /// Which source is used and as whom, for documents, `check` and `doctor`.
    public func origin() async throws(StoreError) -> CredentialOrigin { try await cache.current().origin }

    /// Where credentials were looked for in vain, before some were found or altogether.
    public var attempts: [CredentialAttempt] { seen.attempts }

    public var name: String { seen.origin?.description ?? owner }
}

/// What the last search came by.
private final class SeenAttempts: Sendable {
    private let state = Mutex<(attempts: [CredentialAttempt], origin: CredentialOrigin?)>(([], nil))

    var attempts: [CredentialAttempt] { state.withLock(\.attempts) }
    var origin: CredentialOrigin? { state.withLock(\.origin) }

    func note(_ attempts: [CredentialAttempt]) { state.withLock { $0.attempts = attempts } }
    func note(_ origin: CredentialOrigin) { state.withLock { $0.origin = origin } }
}

/// The searches of a run. Stores that ask for the same share one, so that a machine's role is asked for once and not by
/// every mount.
public final class AWSCredentialSearches: Sendable {
    public let machine: CredentialMachine
    private let searches = Mutex<[AWSCredentialRequest: AWSCredentialSearch]>([:])

    public init(on machine: CredentialMachine) {
        self.machine = machine
    }

    public func search(for request: AWSCredentialRequest) -> AWSCredentialSearch {
        searches.withLock { searches in
            if let known = searches[request] { return known }
            let search = AWSCredentialSearch(request, on: machine)
            searches[request] = search
            return search
        }
    }
}
