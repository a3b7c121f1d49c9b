import HTTP
import Synchronization

/// What is known of the server so far. Shared by all who use a store.
final class S3Facts: Sendable {
    private struct State {
        var server: S3Server
        var isCertain: Bool
    }

    private let state: Mutex<State>

    init(_ server: S3Server, isCertain: Bool) {
        state = Mutex(State(server: server, isCertain: isCertain || server != .other))
    }

    var server: S3Server { state.withLock { $0.server } }

    func learn(_ headers: HTTPHeaders) {
        state.withLock { state in
            guard !state.isCertain, let server = S3Server(headers) else { return }
            state = State(server: server, isCertain: true)
        }
    }
}
