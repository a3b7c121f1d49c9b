public import Glibc

/// A system call that failed, with errno.
public struct SystemError: Error, Equatable, Sendable {
    public let code: Int32

    public init(code: Int32 = errno) {
        self.code = code
    }

    /// What the system calls it, such as "No such file or directory".
    public var description: String {
        String(cString: strerror(code))
    }

    public static let fileTooLarge = SystemError(code: EFBIG)
    public static let ioError = SystemError(code: EIO)
    public static let notThere = SystemError(code: ENOENT)

    /// Calls until no signal interrupts, and turns -1 into an error.
    @discardableResult
    public static func check<Result: SignedInteger>(_ call: () -> Result) throws(SystemError) -> Result {
        while true {
            let result = call()
            if result != -1 { return result }
            if errno != EINTR { throw SystemError() }
        }
    }
}
