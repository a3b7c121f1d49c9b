import COpenSSL

/// Why nothing could be signed. Nothing of a key is in it.
public struct SigningError: Error, Sendable, Equatable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }

    /// With OpenSSL's own reason, if it gives one.
    init(ofOpenSSL what: String) {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        let reason = code == 0 ? nil : ERR_reason_error_string(code).map { String(cString: $0) }
        self.init(what + (reason.map { " (\($0))" } ?? ""))
    }
}
