import Platform

/// A program of the operator's that prints a subject token: Google's executable-sourced credentials, version 1.
struct GoogleSubjectProgram: GoogleSubjectSource {
    private static let permission = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"

    private let name: String
    private let subject: GoogleSubject
    private let command: String
    private let milliseconds: Int
    /// Where the program keeps its answer for the next time, if it does.
    private let output: String?

    init(_ source: GoogleCredentialsFile, _ subject: GoogleSubject) throws(StoreError) {
        guard let program = try source.object("executable") else {
            throw source.problem(of: "executable", "is missing")
        }
        name = source.name
        self.subject = subject
        command = try program.text("command")
        milliseconds = try program.number("timeout_millis", in: 5000...120_000) ?? 30_000
        output = try program.optionalText("output_file")
    }

    func token(on machine: CredentialMachine) async throws(StoreError) -> String {
        guard machine.environment[Self.permission] == "1" else {
            throw StoreError(
                .noCredentials, "\(name): it names a program, which is only run when \(Self.permission) is 1")
        }
        if let token = try await keptToken(on: machine) { return token }
        var machine = machine
        machine.environment = machine.environment.adding(variables)
        let program = try OperatorProgram(
            machine: machine, command: command, name: "\(name): executable", timeoutMilliseconds: milliseconds)
        let printed = try await program.output()
        // A program may leave its answer in the file alone.
        if printed.allSatisfy({ $0 == 0x0A || $0 == 0x0D || $0 == 0x20 }), let kept = try await kept(on: machine) {
            return try GoogleSubjectAnswer(kept.bytes, of: kept.name).token(at: machine.now())
        }
        return try GoogleSubjectAnswer(printed, of: program.name).token(at: machine.now())
    }

    private var variables: [String: String] {
        var variables = [
            "GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE": subject.audience, "GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE": subject.type,
            "GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE": "0", "GOOGLE_EXTERNAL_ACCOUNT_REVOKE": "0",
        ]
        if let account = subject.impersonated {
            variables["GOOGLE_EXTERNAL_ACCOUNT_ID"] = account
            variables["GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL"] = account
        }
        if let output { variables["GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE"] = output }
        return variables
    }

    // MARK: What it has kept

    /// What it has kept and still holds.
    private func keptToken(on machine: CredentialMachine) async throws(StoreError) -> String? {
        guard let kept = try await kept(on: machine), !kept.bytes.isEmpty else { return nil }
        let answer = try GoogleSubjectAnswer(kept.bytes, of: kept.name)
        return try answer.holds(at: machine.now()) ? answer.token(at: machine.now()) : nil
    }

    private func kept(
        on machine: CredentialMachine
    ) async throws(StoreError) -> (bytes: [UInt8], name: String)? {
        guard let output else { return nil }
        let name = "\(name): output_file \(machine.shown(machine.path(output)))"
        do throws(SystemError) {
            return (try await machine.read(output), name)
        } catch {
            if error.isAbsence { return nil }
            throw StoreError(.noCredentials, "\(name) cannot be read: \(error.description)", errno: error.code)
        }
    }
}
