import Platform

/// What a session tells its keeper: once, that requests are answered from now on, or why they never will be; later, now
/// and then, what goes wrong. A report is text of parts with NUL between them; its end is the end of a line.
enum SessionReport: Equatable {
    case serving
    case failed(SessionFailure)
    case trouble(SessionTrouble)

    private static let end = UInt8(ascii: "\n")

    var bytes: [UInt8] {
        switch self {
        case .serving: Self.line(["serving"])
        case .failed(let failure):
            Self.line([
                "failed", String(failure.exitStatus.rawValue), Self.text(failure.isRetryable), failure.message,
                failure.hint ?? "",
            ])
        case .trouble(let trouble):
            Self.line([
                "trouble", trouble.code, Self.text(trouble.isRetryable), trouble.message, trouble.hint ?? "",
            ])
        }
    }

    private static func line(_ parts: [String]) -> [UInt8] {
        Array(parts.map { Array($0.printable.utf8) }.joined(separator: [0])) + [end]
    }

    private static func text(_ isRetryable: Bool) -> String { isRetryable ? "retryable" : "final" }

    /// Takes the first one off what has come so far; nothing while its end has not.
    static func take(from bytes: inout [UInt8]) -> SessionReport? {
        guard let end = bytes.firstIndex(of: Self.end) else { return nil }
        let line = bytes[..<end]
        defer { bytes.removeSubrange(...end) }
        return SessionReport(line)
    }

    private init(_ line: ArraySlice<UInt8>) {
        let parts = line.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        let hint = parts.last.flatMap { $0.isEmpty ? nil : $0 }
        if parts == ["serving"] {
            self = .serving
        } else if parts.count == 5, parts[0] == "failed", let status = Int32(parts[1]).flatMap(ExitStatus.init) {
            self = .failed(
                SessionFailure(parts[3], hint: hint, exitStatus: status, isRetryable: parts[2] == "retryable"))
        } else if parts.count == 5, parts[0] == "trouble" {
            self = .trouble(
                SessionTrouble(code: parts[1], parts[3], hint: hint, isRetryable: parts[2] == "retryable"))
        } else {
            self = .failed(SessionFailure("the session's report is not understood", exitStatus: .bug))
        }
    }
}
