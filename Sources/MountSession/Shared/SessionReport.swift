import Platform

/// What a session tells its keeper, once: that requests are answered from now on, or why they never will be. It is text
/// of parts with NUL between them; its end is the end of the pipe or of a line.
enum SessionReport: Equatable {
    case serving
    case failed(SessionFailure)

    private static let end = UInt8(ascii: "\n")

    var bytes: [UInt8] {
        switch self {
        case .serving: Array("serving".utf8) + [Self.end]
        case .failed(let failure):
            [
                "failed", String(failure.exitStatus.rawValue), failure.isRetryable ? "retryable" : "final",
                failure.message, failure.hint ?? "",
            ].map { Array($0.printable.utf8) }.joined(separator: [0]) + [Self.end]
        }
    }

    /// Nothing while the end has not come.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: Self.end) else { return nil }
        let parts = bytes[..<end].split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        if parts == ["serving"] {
            self = .serving
        } else if parts.count == 5, parts[0] == "failed", let status = Int32(parts[1]).flatMap(ExitStatus.init) {
            self = .failed(
                SessionFailure(
                    parts[3], hint: parts[4].isEmpty ? nil : parts[4], exitStatus: status,
                    isRetryable: parts[2] == "retryable"))
        } else {
            self = .failed(SessionFailure("the session's report is not understood", exitStatus: .bug))
        }
    }
}
