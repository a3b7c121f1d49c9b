import HTTP
import Synchronization

/// The credentials that requests under way were made with: a refusal has to be told to their source, and the answer says
/// only for which request it is.
final class UsedCredentials<Credential: Sendable & Equatable>: Sendable {
    private struct State {
        var recent: [Credential] = []
        var failure: StoreError?
    }

    private let state = Mutex(State())

    /// Those of this moment. Why there are none is kept for who sends the request.
    func take(
        from source: some CredentialSource<Credential>
    ) async throws(HTTPError) -> Credential? {
        let credentials: Credential?
        do throws(StoreError) {
            credentials = try await source.credentials()
        } catch {
            throw refuse(error)
        }
        if let credentials { note(credentials) }
        return credentials
    }

    /// What was taken is not to be sent, and why.
    func refuse(_ failure: StoreError) -> HTTPError {
        state.withLock { $0.failure = failure }
        return HTTPError(.unauthorized, failure.message, isRetryable: failure.isRetryable)
    }

    private func note(_ credentials: Credential) {
        state.withLock { state in
            guard state.recent.last != credentials else { return }
            state.recent.removeAll { $0 == credentials }
            state.recent.append(credentials)
            if state.recent.count > 4 { state.recent.removeFirst() }
        }
    }

    /// Whether requests go as somebody.
    var areSome: Bool { state.withLock { !$0.recent.isEmpty } }

    /// The last ones that were used, the latest at the end.
    var recent: [Credential] { state.withLock { $0.recent } }

    var failure: StoreError? { state.withLock { $0.failure } }
}
