import Glibc
import Platform

extension SystemError {
    static let stale = SystemError(code: ESTALE)
}
