import Platform

/// Runs a program that the operator has named for credentials.
struct OperatorProgram {
    /// Such programs wait for networks and people; they do not take the threads of disks.
    private static let pool = BlockingPool(threads: 2)

    let machine: CredentialMachine
    let words: [String]
    /// As messages name it: "credential_process of profile dev".
    let name: String
    var timeoutMilliseconds: Int

    init(machine: CredentialMachine, words: [String], name: String, timeoutMilliseconds: Int = 60_000) {
        self.machine = machine
        self.words = words
        self.name = name
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    /// Of a line, which is split into words without a shell, as vendors' tools do it.
    init(
        machine: CredentialMachine, command: String, name: String, timeoutMilliseconds: Int = 60_000
    ) throws(StoreError) {
        guard let words = splitIntoWords(command), let program = words.first else {
            throw StoreError(.noCredentials, "\(name): the command has a quote without end, or is none")
        }
        self.init(
            machine: machine, words: [machine.path(program)] + words.dropFirst(), name: name,
            timeoutMilliseconds: timeoutMilliseconds)
    }

    func output() async throws(StoreError) -> [UInt8] {
        var process = ChildProcess(words, environment: machine.environment)
        process.timeoutMilliseconds = timeoutMilliseconds
        let outcome: ChildProcess.Outcome
        do throws(ChildProcess.Failure) {
            outcome = try await Self.pool.run { [process] cancellation throws(ChildProcess.Failure) in
                try process.run(cancellation)
            }
        } catch {
            throw failure(error)
        }
        guard outcome.status == 0 else {
            throw StoreError(
                .noCredentials, "\(name): \(program) ended with status \(outcome.status)\(said(outcome.errors))")
        }
        return outcome.output
    }

    private func failure(_ failure: ChildProcess.Failure) -> StoreError {
        switch failure {
        case .cannotStart(let error):
            StoreError(.noCredentials, "\(name): \(program) cannot be started: \(error.description)")
        case .timedOut(let errors):
            StoreError(
                .noCredentials,
                "\(name): \(program) has not ended within \(timeoutMilliseconds / 1000) s\(said(errors))",
                isRetryable: true)
        case .tooMuchOutput: StoreError(.noCredentials, "\(name): \(program) prints more than credentials are")
        case .cancelled: StoreError(.cancelled, "\(name): cancelled")
        }
    }

    /// Arguments may be secret.
    private var program: String { words.first.map { Paths.lastComponent(of: $0).printable } ?? "no program" }

    private func said(_ errors: [UInt8]) -> String {
        let text = ShownErrors.text(of: errors)
        return text.isEmpty ? "" : "; it says: \(text)"
    }
}

/// What a program has said on standard error, as far as it may be repeated.
enum ShownErrors {
    private static let longest = 300

    /// Its last lines, in one. What looks like a secret is left out: long words of mixed letters and digits that are no
    /// path or address.
    static func text(of bytes: [UInt8]) -> String {
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        var text = lines.suffix(3).joined(separator: " / ")
        if text.count > longest { text = "…" + text.suffix(longest) }
        let words = text.split(separator: " ", omittingEmptySubsequences: true).map { masked($0) }
        return words.joined(separator: " ").printable
    }

    private static func masked(_ word: Substring) -> String {
        let parts = word.split(omittingEmptySubsequences: false) { "\"'=,;:()[]{}<>?&".contains($0) }
        guard !word.contains("://") || word.contains("?") else { return String(word) }
        return parts.contains { isSuspicious($0) } ? "***" : String(word)
    }

    private static func isSuspicious(_ part: Substring) -> Bool {
        guard part.count >= 20, !part.hasPrefix("/"), !part.hasPrefix("./"), !part.hasPrefix("~/") else { return false }
        let isMixed = part.contains(where: \.isNumber) && part.contains { $0.isLetter && $0.isUppercase }
        return part.count >= 64 || isMixed
    }
}
