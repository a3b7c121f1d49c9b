import Glibc
import ObjectStore
import Platform

/// What a program sees of a failure of the store.
extension StoreError {
    /// There is no such version to read any more.
    var meansChanged: Bool { code == .changed || code == .notFound }

    var readError: SystemError {
        if meansChanged { return .stale }
        switch code {
        case .denied, .noCredentials, .expiredCredentials: return SystemError(code: EACCES)
        default: return .inputOutput
        }
    }
}

extension SystemError {
    static let stale = SystemError(code: ESTALE)
    static let inputOutput = SystemError(code: EIO)
}
