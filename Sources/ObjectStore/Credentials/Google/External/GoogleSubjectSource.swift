/// Where a subject token comes from. It is got anew each time: issuers replace it as it expires.
protocol GoogleSubjectSource: Sendable {
    func token(on machine: CredentialMachine) async throws(StoreError) -> String
}

extension GoogleCredentialsFile {
    /// The one that `credential_source` describes.
    func subjectSource(_ subject: GoogleSubject) throws(StoreError) -> any GoogleSubjectSource {
        guard let source = try object("credential_source") else { throw problem(of: "credential_source", "is missing") }
        if source.has("environment_id") { return try GoogleSubjectOfAmazon(source, subject) }
        let known = ["file", "url", "executable", "certificate"].filter(source.has)
        guard known.count < 2 else { throw source.problem("it has \(known.joined(separator: " and "))") }
        switch known.first {
        case "file": return try GoogleSubjectFile(source)
        case "url": return try GoogleSubjectService(source)
        case "executable": return try GoogleSubjectProgram(source, subject)
        case "certificate": throw source.problem("certificates (X.509) are not supported: use a token in a file")
        default: throw source.problem("it has neither file, url, executable nor environment_id")
        }
    }
}
