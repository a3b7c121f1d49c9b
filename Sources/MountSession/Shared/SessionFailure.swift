public import Platform

/// Why a session cannot begin, for the user who wanted the mount.
public struct SessionFailure: Error, Sendable, Equatable {
    public var message: String
    public var hint: String?
    public var exitStatus: ExitStatus
    public var isRetryable: Bool

    public init(_ message: String, hint: String? = nil, exitStatus: ExitStatus, isRetryable: Bool = false) {
        self.message = message
        self.hint = hint
        self.exitStatus = exitStatus
        self.isRetryable = isRetryable
    }

    init(_ what: String, _ error: SystemError) {
        self.init("\(what): \(error.description)", exitStatus: .systemRefused)
    }
}
