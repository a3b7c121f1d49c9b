import Synchronization

/// Which hosts answer, as far as they are only asked. Whoever has answered once gets all patience; of whoever has not, and
/// was given up, the next request hears the same at once, so that nobody is waited for twice.
final class SilentHosts: Sendable {
    private enum Finding {
        case answers
        case silent(HTTPError, at: Int)
    }

    /// Somebody may mend the network meanwhile.
    private static let memoryMilliseconds = 30_000

    private let findings = Mutex<[String: Finding]>([:])

    func haveAnswered(_ host: String) -> Bool {
        findings.withLock { if case .answers = $0[host] { true } else { false } }
    }

    func noteAnswer(of host: String) {
        findings.withLock { $0[host] = .answers }
    }

    func noteSilence(of host: String, _ error: HTTPError, at now: Int) {
        findings.withLock { findings in
            if case .answers = findings[host] { return }
            findings[host] = .silent(error, at: now)
        }
    }

    /// Why the host was given up a moment ago.
    func verdict(on host: String, at now: Int) -> HTTPError? {
        findings.withLock { findings in
            guard case .silent(var error, let time) = findings[host], now - time < Self.memoryMilliseconds else {
                return nil
            }
            error.attempts = 0
            return error
        }
    }
}
