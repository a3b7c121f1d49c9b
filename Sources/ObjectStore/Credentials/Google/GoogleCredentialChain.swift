import Platform

/// Looks for credentials, once, in the order: what the request says, the file that the environment names, the one that gcloud keeps,
/// the metadata server. Files are read anew each time: they are replaced under running jobs. Who has credentials that do not
/// work ends the search: going on as somebody else would surprise.
struct GoogleCredentialChain {
    typealias Outcome = CredentialOutcome<BearerToken>

    let request: GoogleCredentialRequest
    let machine: CredentialMachine
    /// Told of the places where nothing was found, also when the search ends with that.
    let note: NoteOfAttempts

    /// Nothing found is no error here only when requests may go without.
    func search() async throws(StoreError) -> Outcome {
        if request.isAnonymous { return Outcome(found: nil, attempts: []) }
        if let key = request.key { return Outcome(found: try await token(of: key), attempts: []) }
        if let path = request.keyFile {
            let found = try await token(ofFile: path, namedBy: request.owner, isOperators: request.isOperators)
            return Outcome(found: found, attempts: [])
        }
        guard request.mayUseMachine else { return Outcome(found: nil, attempts: []) }
        let outcome = try await ofMachine()
        note(outcome.attempts)
        return outcome
    }

    // MARK: What the request says

    private func token(of key: SecretInput) async throws(StoreError) -> FoundCredentials<BearerToken> {
        let (bytes, place) = try await SecretReader(machine: machine, owner: request.owner).document(key, "key")
        if case .file = key { return try await token(of: bytes, place, isOperators: request.isOperators) }
        // Variables and providers may hold the path of the file in the place of its text.
        let text = String(decoding: bytes, as: UTF8.self)
        guard let path = Self.path(text) else {
            return try await token(of: bytes, place, isOperators: request.isOperators)
        }
        return try await token(ofFile: path, namedBy: place, isOperators: request.isOperators)
    }

    /// Nothing when it is no path. What could be a secret in some encoding is none either: a path would be shown.
    private static func path(_ text: String) -> String? {
        let lines = text.split(whereSeparator: \.isNewline)
        guard lines.count == 1, let line = lines.first, line.first != "{" else { return nil }
        return line.hasPrefix("/") || line.hasPrefix("~/") || line.hasSuffix(".json") ? String(line) : nil
    }

    private func token(
        ofFile path: String, namedBy owner: String, isOperators: Bool
    ) async throws(StoreError) -> FoundCredentials<BearerToken> {
        guard !path.contains(where: { $0 == "{" || $0.isNewline }) else {
            throw StoreError(.noCredentials, "\(owner): this is no path of a file; is it the file's text?")
        }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try await machine.read(path)
        } catch {
            throw unreadable(path, owner, error)
        }
        return try await token(of: bytes, shown(path), isOperators: isOperators)
    }

    private func unreadable(_ path: String, _ owner: String, _ error: SystemError) -> StoreError {
        StoreError(
            .noCredentials, "\(owner): \(shown(path)) cannot be read: \(error.description)", errno: error.code)
    }

    private func token(
        of bytes: [UInt8], _ name: String, isOperators: Bool
    ) async throws(StoreError) -> FoundCredentials<BearerToken> {
        let file = try GoogleCredentialsFile(bytes, from: name, isOperators: isOperators)
        return try await file.identity().token(for: .storage, on: machine)
    }

    private func shown(_ path: String) -> String { machine.shown(machine.path(path)) }

    // MARK: What the machine has

    private func ofMachine() async throws(StoreError) -> Outcome {
        let variable = "GOOGLE_APPLICATION_CREDENTIALS"
        if let path = machine.environment.nonEmpty(variable) {
            return Outcome(found: try await token(ofFile: path, namedBy: variable, isOperators: true), attempts: [])
        }
        var attempts = [CredentialAttempt("environment", "\(variable) is not set")]
        if let found = try await tokenOfGcloud() { return Outcome(found: found, attempts: attempts) }
        attempts.append(CredentialAttempt("gcloud", "\(shown(pathOfGcloud)) is not there"))
        switch try await GoogleMetadata(machine: machine).find() {
        case .found(let found): return Outcome(found: found, attempts: attempts)
        case .nothing(let attempt): throw nothing(attempts + [attempt])
        }
    }

    /// Where `gcloud auth application-default login` leaves what programs may use.
    private var pathOfGcloud: String {
        (machine.environment.nonEmpty("CLOUDSDK_CONFIG") ?? "~/.config/gcloud")
            + "/application_default_credentials.json"
    }

    private func tokenOfGcloud() async throws(StoreError) -> FoundCredentials<BearerToken>? {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try await machine.read(pathOfGcloud)
        } catch {
            if error.isAbsence { return nil }
            throw unreadable(pathOfGcloud, "gcloud's credentials", error)
        }
        return try await token(of: bytes, shown(pathOfGcloud), isOperators: true)
    }

    private func nothing(_ attempts: [CredentialAttempt]) -> StoreError {
        note(attempts)
        let places = attempts.map(\.description).joined(separator: "; ")
        return StoreError(
            .noCredentials,
            "there are no Google credentials; looked at: \(places). For a public bucket write anonymous: true")
    }
}
