/// Certificates of an application with their keys, in each form that people have them in.
public struct ClientCertificateFiles: Sendable {
    public static let password = "geheimes Wort"

    /// The certificate alone, and the key alone.
    public let certificate: String
    public let key: String
    private let folder: TemporaryFolder

    public init(in folder: TemporaryFolder, days: Int = 400, algorithm: [String] = ["rsa:2048"]) throws {
        self.folder = folder
        (certificate, key) = (folder.path("client.pem"), folder.path("client.key"))
        let made = try Program.run(
            [
                "openssl", "req", "-x509", "-nodes", "-newkey", algorithm[0], "-days", "\(days)", "-subj", "/CN=client",
                "-keyout", key, "-out", certificate,
            ] + algorithm.dropFirst())
        guard made.status == 0 else { throw ServerFailure(what: made.errors) }
    }

    /// One file with both; the key is behind the certificate, as many tools write it.
    public func text() throws -> String {
        try folder.write(folder.read("client.pem") + folder.read("client.key"), to: "both.pem")
        return folder.path("both.pem")
    }

    public func textWithPassword() throws -> String {
        try openssl(
            "rsa", "-aes256", "-in", key, "-passout", "pass:\(Self.password)", "-out", folder.path("locked.key"))
        try folder.write(folder.read("locked.key") + folder.read("client.pem"), to: "locked.pem")
        return folder.path("locked.pem")
    }

    public func store() throws -> String {
        try openssl(
            "pkcs12", "-export", "-inkey", key, "-in", certificate, "-passout", "pass:\(Self.password)", "-out",
            folder.path("client.pfx"))
        return folder.path("client.pfx")
    }

    private func openssl(_ words: String...) throws {
        let done = try Program.run(["openssl"] + words)
        guard done.status == 0 else { throw ServerFailure(what: done.errors) }
    }
}
