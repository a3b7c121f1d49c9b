import Platform

/// What a session tells its keeper: once, that requests are answered from now on, or why they never will be; before that
/// and later, now and then, what goes wrong and what has become of what was written. A report is text of parts with NUL between them; its end is the end of a line.
enum SessionReport: Equatable {
    case serving
    case failed(SessionFailure)
    case trouble(SessionTrouble)
    case saving(SavingFigures)
    case kept(KeptReport)
    case uploaded(UploadReport)
    case traffic(SessionTraffic)
    /// What the keeper has asked for under this number has come as far as it can.
    case drained(UInt8)

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
        case .saving(let figures):
            Self.line(["saving"] + figures.words)
        case .uploaded(let file): Self.line(["uploaded", file.path, String(file.bytes), file.version])
        case .traffic(let traffic): Self.line(["traffic"] + traffic.words)
        case .kept(let kept):
            Self.line(["kept", kept.reason, kept.path, kept.file, kept.wasFound ? "found" : "new"])
        case .drained(let number): Self.line(["drained", String(number)])
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
        } else if parts.first == "saving", let figures = SavingFigures(words: parts.dropFirst()) {
            self = .saving(figures)
        } else if parts.count == 4, parts[0] == "uploaded", let bytes = Int(parts[2]) {
            self = .uploaded(UploadReport(path: parts[1], bytes: bytes, version: parts[3]))
        } else if parts.first == "traffic", let traffic = SessionTraffic(words: parts.dropFirst()) {
            self = .traffic(traffic)
        } else if parts.count == 5, parts[0] == "kept" {
            self = .kept(KeptReport(path: parts[2], reason: parts[1], file: parts[3], wasFound: parts[4] == "found"))
        } else if parts.count == 2, parts[0] == "drained", let number = UInt8(parts[1]) {
            self = .drained(number)
        } else {
            self = .failed(SessionFailure("the session's report is not understood", exitStatus: .bug))
        }
    }
}

/// Numbers that are told in an order that both ends know.
protocol ToldFigures {
    static var fields: [any WritableKeyPath<Self, Int> & Sendable] { get }
    init()
}

extension ToldFigures {
    var words: [String] { Self.fields.map { String(self[keyPath: $0]) } }

    init?(words: ArraySlice<String>) {
        let numbers = words.compactMap { Int($0) }
        guard numbers.count == words.count, numbers.count == Self.fields.count else { return nil }
        self.init()
        for (field, number) in zip(Self.fields, numbers) { self[keyPath: field] = number }
    }
}

extension SavingFigures: ToldFigures {
    static let fields: [any WritableKeyPath<SavingFigures, Int> & Sendable] = [
        \.savedFiles, \.savedBytes, \.pendingFiles, \.pendingBytes, \.failedFiles, \.lostAttributes,
        \.openFiles,
    ]
}

extension SessionTraffic: ToldFigures {
    static let fields: [any WritableKeyPath<SessionTraffic, Int> & Sendable] = [
        \.requests, \.retries, \.received, \.sent, \.cacheHits, \.cacheMisses,
    ]
}
