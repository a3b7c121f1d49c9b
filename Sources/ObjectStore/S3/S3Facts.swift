import HTTP
import Synchronization

/// What is known of the server so far. Shared by all who use a store.
final class S3Facts: Sendable {
    private let known: Mutex<S3Server>
    /// How many more answers are looked at for a name. Who has not said it by then does not say it.
    private let answersToAsk: Atomic<Int>
    /// Until the server has said that it cannot delete several objects with one request.
    let deletesTogether = Atomic(true)

    init(_ server: S3Server, isCertain: Bool) {
        known = Mutex(server)
        answersToAsk = Atomic(isCertain || server != .other ? 0 : 32)
    }

    var server: S3Server { known.withLock { $0 } }

    func learn(_ headers: HTTPHeaders) {
        guard answersToAsk.load(ordering: .relaxed) > 0 else { return }
        guard let server = S3Server(headers) else {
            answersToAsk.subtract(1, ordering: .relaxed)
            return
        }
        known.withLock { $0 = server }
        answersToAsk.store(0, ordering: .relaxed)
    }
}
