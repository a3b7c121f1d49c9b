import Platform

/// Reads secrets from where they are. What it throws names the place, never the content.
struct SecretReader {
    private static let longest = 64 << 10

    let machine: CredentialMachine
    /// Whose secrets these are, for messages: "provider minio".
    let owner: String

    /// A secret of one line.
    func text(_ input: SecretInput, _ key: String) async throws(StoreError) -> String {
        let found = try await document(input, key)
        return try Self.line(found.bytes, found.place)
    }

    /// Whatever is there, and where that is, for messages.
    func document(_ input: SecretInput, _ key: String) async throws(StoreError) -> (bytes: [UInt8], place: String) {
        let place = "\(owner): \(key)"
        switch input {
        case .literal(let text):
            return (Array(text.utf8), place)
        case .environment(let name):
            guard let text = machine.environment.nonEmpty(name) else {
                throw StoreError(.noCredentials, "\(place): the environment has no \(name.printable)")
            }
            return (Array(text.utf8), "\(place) in \(name.printable)")
        case .file(let path):
            return (try await bytes(of: path, place), "\(place) in \(machine.shown(path))")
        case .command(let words):
            let bytes = try await OperatorProgram(machine: machine, words: words, name: place).output()
            return (bytes, "\(place) as its command prints it")
        }
    }

    private func bytes(of path: String, _ place: String) async throws(StoreError) -> [UInt8] {
        do throws(SystemError) {
            return try await machine.read(path, limit: Self.longest)
        } catch {
            throw StoreError(
                .noCredentials, "\(place): \(machine.shown(path)) cannot be read: \(error.description)",
                errno: error.code)
        }
    }

    /// The one line that a secret is. Editors and `echo` leave a line end behind; anything else of that kind would forge header
    /// lines.
    static func line(_ bytes: [UInt8], _ place: String) throws(StoreError) -> String {
        guard let whole = String(validating: bytes, as: UTF8.self) else {
            throw StoreError(.noCredentials, "\(place) is not text")
        }
        var text = whole[...]
        while let last = text.last, last.isNewline || last == " " || last == "\t" { text.removeLast() }
        guard !text.isEmpty else { throw StoreError(.noCredentials, "\(place) is empty") }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw StoreError(.noCredentials, "\(place) has control characters or more than one line")
        }
        return String(text)
    }
}
