/// An authority of the tests' own with certificates for servers on this machine, made anew for each run.
public struct TestAuthority: Sendable {
    private let folder: TemporaryFolder

    public static let shared = Result { try TestAuthority() }

    /// What who is to trust it reads.
    public var file: String { folder.path("authority.pem") }

    private init() throws {
        folder = try TemporaryFolder()
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
            "/CN=Authority of tests", "-keyout", "authority.key", "-out", "authority.pem")
        try issue("good", names: "DNS:localhost,IP:127.0.0.1", days: "30")
        try issue("other", names: "DNS:other.example", days: "30")
        try issue("expired", names: "DNS:localhost,IP:127.0.0.1", days: "-1")
        try issue(
            "amazon", names: "DNS:*.s3.us-east-1.amazonaws.com,DNS:*.s3.eu-central-1.amazonaws.com", days: "30")
    }

    /// `good`, `other` (of another host), `expired` or `amazon` (of buckets in two of its regions).
    public func identity(_ name: String, onlyVersion: Int32? = nil) throws -> TLSIdentity {
        try TLSIdentity(certificate: files(name).certificate, key: files(name).key, onlyVersion: onlyVersion)
    }

    /// The files of a certificate and its key, for servers that are programs.
    public func files(_ name: String) -> (certificate: String, key: String) {
        (folder.path(name + ".pem"), folder.path(name + ".key"))
    }

    private func issue(_ name: String, names: String, days: String) throws {
        try openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)", "-keyout",
            "\(name).key", "-out", "\(name).csr")
        try folder.write("subjectAltName=\(names)\n", to: "\(name).ext")
        try openssl(
            "x509", "-req", "-in", "\(name).csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial",
            "-days", days, "-extfile", "\(name).ext", "-out", "\(name).pem")
    }

    private func openssl(_ words: String...) throws {
        let done = try Program.run(["openssl"] + words, in: folder.path)
        guard done.status == 0 else {
            throw ProgramFailure(what: "openssl \(words): \(done.errors)", code: done.status)
        }
    }
}
