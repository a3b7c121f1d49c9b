import Foundation

/// The key file of a service account that nobody at Google knows, and the certificate that verifies what its key signs.
public struct ServiceAccountFile: Sendable {
    public static let email = "tester@project.iam.gserviceaccount.com"
    public static let keyID = "test-key"

    /// As Google hands it out.
    public let content: [UInt8]
    /// A file in PEM, which is there as long as this is.
    public let certificate: String
    private let folder: TemporaryFolder

    public init(in folder: TemporaryFolder, algorithm: [String] = ["rsa:2048"]) throws {
        self.folder = folder
        certificate = folder.path("account.pem")
        let made = try Program.run(
            [
                "openssl", "req", "-x509", "-nodes", "-newkey", algorithm[0], "-days", "2", "-subj", "/CN=tester",
                "-keyout",
                folder.path("account.key"), "-out", certificate,
            ] + algorithm.dropFirst())
        guard made.status == 0 else { throw ServerFailure(what: made.errors) }
        let members = [
            "type": "service_account", "client_email": Self.email, "private_key_id": Self.keyID,
            "private_key": try folder.read("account.key"), "token_uri": "https://oauth2.googleapis.com/token",
        ]
        content = Array(try JSONSerialization.data(withJSONObject: members))
    }
}
