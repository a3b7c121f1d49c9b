public import Platform

/// Why something was not copied.
public struct CopyFailure: Error, Equatable, Sendable {
    public enum Code: String, Sendable {
        case noSpace = "not-enough-disk"
        case sourceDenied = "denied"
        case destinationDenied = "destination-denied"
        /// What was listed has changed or gone while it was copied.
        case sourceChanged = "source-changed"
        case inputOutput = "input-output"
        /// The bytes that arrived are not those that are stored.
        case corrupt = "checksum-mismatch"
        case noCredentials = "no-credentials"
        case expiredCredentials = "expired-credentials"
        case wrongRegion = "wrong-region"
        case archived = "archived-object"
        case unreachable
        case throttled
        case cancelled
    }

    public var code: Code
    public var message: String
    public var hint: String?

    public init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    public var exitStatus: ExitStatus {
        switch code {
        case .noSpace: .noSpace
        case .sourceDenied, .noCredentials, .expiredCredentials: .denied
        case .destinationDenied: .badDestination
        case .sourceChanged, .inputOutput, .corrupt: .inputOutput
        case .wrongRegion, .archived: .badConfiguration
        case .unreachable: .unreachable
        case .cancelled, .throttled: .temporary
        }
    }

    /// Whether the same run may succeed later without anybody mending anything.
    public var isRetryable: Bool {
        [.sourceChanged, .cancelled, .unreachable, .throttled, .corrupt].contains(code)
    }

    /// What went wrong on the source's side.
    static func reading(_ path: RawPath, _ error: SystemError) -> CopyFailure {
        if error.isAbsence { return CopyFailure(.sourceChanged, "`\(path.text)` has gone while it was copied") }
        return of(error, .sourceDenied, "`\(path.text)` cannot be read")
    }

    /// What went wrong at the destination.
    static func writing(_ path: RawPath, _ error: SystemError) -> CopyFailure {
        of(error, .destinationDenied, "`\(path.text)` cannot be written")
    }

    /// What was listed cannot be read back.
    static func listing(_ error: SystemError) -> CopyFailure {
        CopyFailure(
            .inputOutput, "the listing of the source cannot be read back: \(error.description)",
            hint: "the disk of the temporary file that it was kept in fails: name another folder in TMPDIR")
    }

    private static func of(_ error: SystemError, _ denial: Code, _ what: String) -> CopyFailure {
        if error.isCancellation { return CopyFailure(.cancelled, "the copy was stopped") }
        if error.isLackOfRoom {
            return CopyFailure(
                .noSpace, "\(what): \(error.description)",
                hint: "something else has filled the disk; free room and run again: what is in place stays")
        }
        // A link or file that stands where a folder belongs is not gone through.
        let code = error.isDenial || error.isAbsence ? denial : .inputOutput
        return CopyFailure(code, "\(what): \(error.description)")
    }
}
