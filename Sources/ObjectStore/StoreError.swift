public import Platform

/// Why a store did not do what it was asked.
public struct StoreError: Error, Sendable, Equatable {
    /// The raw value is the code that documents and diagnostics show.
    public enum Code: String, Sendable, CaseIterable {
        case notFound = "not-found"
        case denied
        case noCredentials = "no-credentials"
        case expiredCredentials = "expired-credentials"
        case wrongRegion = "wrong-region"
        case unreachable
        case throttled
        /// The version that was asked for is no longer there.
        case changed
        /// The object is there, or is another version, against the condition of a write.
        case conditionFailed = "condition-failed"
        /// What no store of this kind would accept, such as a key that it cannot hold.
        case invalid
        case tooLarge = "too-large"
        case noSpace = "no-space"
        /// Not readable before it is restored from an archive.
        case archived = "archived-object"
        case inputOutput = "input-output"
        case unsupported = "unsupported-store"
        case cancelled
    }

    public var code: Code
    /// For people; keys and servers' words in it are printable already.
    public var message: String
    /// The same call may succeed later.
    public var isRetryable: Bool
    /// What the store calls the request, for its support.
    public var requestID: String?
    /// What lies beneath: of the system, or of HTTP.
    public var errno: Int32?
    public var status: Int?

    public init(
        _ code: Code, _ message: String, isRetryable: Bool? = nil, requestID: String? = nil, errno: Int32? = nil,
        status: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.isRetryable = isRetryable ?? code.isUsuallyRetryable
        self.requestID = requestID
        self.errno = errno
        self.status = status
    }
}

extension StoreError {
    /// For whoever reads of it: with what the store calls the request, since that is what its support asks for.
    public var told: String { message + (requestID.map { " (request \($0.printable))" } ?? "") }

    /// What to do about it, where that is not plain.
    public var hint: String? {
        switch code {
        case .wrongRegion: "write that one as `region:`, or leave the key out: then it is found out"
        case .archived: "restore what is archived, or exclude it"
        default: nil
        }
    }
}

extension StoreError.Code {
    /// `changed` is not among them: the caller has to decide first which version it wants now.
    fileprivate var isUsuallyRetryable: Bool {
        self == .unreachable || self == .throttled
    }

    public var exitStatus: ExitStatus {
        switch self {
        case .notFound: .missingInput
        case .denied, .noCredentials, .expiredCredentials: .denied
        case .wrongRegion, .invalid, .archived, .unsupported: .badConfiguration
        case .unreachable: .unreachable
        case .throttled, .changed, .cancelled: .temporary
        case .conditionFailed, .tooLarge, .inputOutput: .inputOutput
        case .noSpace: .noSpace
        }
    }
}
