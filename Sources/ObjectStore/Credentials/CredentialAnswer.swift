import Checksums
import JSON
import Signing

/// Reads what processes, containers and machines say about keys: JSON with the same few members everywhere.
struct CredentialAnswer {
    let json: JSONValue
    /// Who says it, for messages.
    let name: String

    init(_ bytes: [UInt8], of name: String) throws(StoreError) {
        self.name = name
        do throws(JSONProblem) {
            json = try JSONValue(reading: bytes)
        } catch {
            // What it is instead may be secret.
            throw StoreError(.noCredentials, "\(name): the answer is no JSON: \(error.message) at byte \(error.offset)")
        }
    }

    subscript(name: String) -> String? { json[name]?.text.flatMap { $0.isEmpty ? nil : $0 } }

    /// Nothing when it does not say when they end.
    func found(
        token: String, isTokenNeeded: Bool, source: String, identity: String?
    ) throws(StoreError) -> FoundCredentials<AWSCredentials> {
        guard let id = self["AccessKeyId"], let secret = self["SecretAccessKey"] else {
            throw StoreError(.noCredentials, "\(name): the answer has no AccessKeyId or no SecretAccessKey")
        }
        guard !isTokenNeeded || self[token] != nil else {
            throw StoreError(.noCredentials, "\(name): the answer has no \(token)")
        }
        var expiry: Int?
        if let text = self["Expiration"] {
            expiry = CredentialTime.seconds(of: text)
            guard expiry != nil else {
                throw StoreError(.noCredentials, "\(name): Expiration is no time of ISO 8601")
            }
        }
        return FoundCredentials(
            value: AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: self[token]), expiry: expiry,
            origin: CredentialOrigin(source, identity: identity ?? CredentialOrigin.shortened(id)))
    }
}
