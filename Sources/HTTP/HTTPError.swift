/// Why there is no answer. An answer that says no is not an error here: what it means is the service's to say.
public struct HTTPError: Error, Sendable, Equatable {
    public enum Code: Sendable, Equatable, CaseIterable {
        /// The host has no address.
        case unknownHost
        /// Nobody answers at the address.
        case cannotConnect
        /// The certificate is not one that is believed, or TLS cannot be agreed on.
        case untrusted
        /// The connection ended before the answer did.
        case connectionLost
        /// Fewer bytes came than were announced or expected.
        case cutShort
        /// Nothing, or next to nothing, came for too long.
        case stalled
        /// Not HTTP, or not as it should be.
        case malformed
        /// More came than the sink takes.
        case tooLarge
        /// The sink's file could not be written.
        case sinkFailed
        /// The body's file could not be read, or was shorter than its range.
        case sourceFailed
        /// The answer was refused by who asked; `message` says why.
        case refused
        /// The signature could not be made: no credentials, or none that work.
        case unauthorized
        case cancelled
        /// The system gave no memory, threads or descriptors.
        case exhausted
    }

    public var code: Code
    /// For people, printable, without anything secret.
    public var message: String
    public var errno: Int32?
    /// Whether the same request may succeed later.
    public var isRetryable: Bool
    public var attempts: Int

    public init(_ code: Code, _ message: String, errno: Int32? = nil, isRetryable: Bool? = nil, attempts: Int = 1) {
        self.code = code
        self.message = message
        self.errno = errno
        self.isRetryable = isRetryable ?? code.isUsuallyRetryable
        self.attempts = attempts
    }
}

extension HTTPError.Code {
    fileprivate var isUsuallyRetryable: Bool {
        switch self {
        case .unknownHost, .cannotConnect, .connectionLost, .cutShort, .stalled, .malformed: true
        case .untrusted, .tooLarge, .sinkFailed, .sourceFailed, .refused, .unauthorized, .cancelled, .exhausted: false
        }
    }
}

extension HTTPError {
    /// There is nobody to hear the request.
    var isAbsence: Bool { code == .unknownHost || code == .cannotConnect }
}
