public import Platform

/// Why something is not mounted, or not unmounted.
public struct MountFailure: Error, Sendable, Equatable {
    public enum Code: String, Sendable {
        case noFUSE = "no-fuse"
        case destinationDenied = "destination-denied"
        case nonemptyDestination = "nonempty-destination"
        /// The session says why.
        case session
        /// It did not answer in time.
        case late
        /// Somebody uses what is to be unmounted.
        case busy
    }

    public var code: Code
    public var message: String
    public var hint: String?
    public var exitStatus: ExitStatus
    public var isRetryable: Bool

    init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        switch code {
        case .noFUSE: exitStatus = .systemRefused
        case .destinationDenied, .nonemptyDestination: exitStatus = .badDestination
        case .session: exitStatus = .systemRefused
        case .late, .busy: exitStatus = .temporary
        }
        isRetryable = exitStatus == .temporary
    }

    init(_ failure: SessionFailure) {
        self.init(.session, failure.message, hint: failure.hint)
        exitStatus = failure.exitStatus
        isRetryable = failure.isRetryable
    }
}
