import Glibc
import HTTP

extension StoreError {
    /// A request without an answer; `task` says what was tried, as in "cannot read a/b".
    init(_ error: HTTPError, _ task: String) {
        let code: Code =
            switch error.code {
            case .unknownHost, .cannotConnect, .untrusted, .connectionLost, .stalled: .unreachable
            case .unauthorized: .noCredentials
            case .tooLarge: .tooLarge
            case .cancelled: .cancelled
            case .sinkFailed, .sourceFailed:
                error.errno == ENOSPC || error.errno == EDQUOT ? .noSpace : .inputOutput
            case .cutShort, .malformed, .refused, .exhausted: .inputOutput
            }
        self.init(code, "\(task): \(error.message)", isRetryable: error.isRetryable, errno: error.errno)
    }
}
