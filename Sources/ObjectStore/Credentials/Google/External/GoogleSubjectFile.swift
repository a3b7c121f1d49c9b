/// A token that an issuer puts into a file, as Kubernetes does.
struct GoogleSubjectFile: GoogleSubjectSource {
    private let name: String
    private let path: String
    private let format: GoogleSubjectFormat

    init(_ source: GoogleCredentialsFile) throws(StoreError) {
        name = source.name
        path = try source.text("file")
        format = try GoogleSubjectFormat(source)
    }

    func token(on machine: CredentialMachine) async throws(StoreError) -> String {
        let secrets = SecretReader(machine: machine, owner: name)
        let found = try await secrets.document(.file(path), "the subject token")
        return try format.token(in: found.bytes, found.place)
    }
}
