import Platform
import Signing

/// Keys in the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
struct AWSEnvironmentKeys {
    private static let source = "environment AWS_ACCESS_KEY_ID"

    let machine: CredentialMachine

    func find() throws(StoreError) -> CredentialFinding<AWSCredentials> {
        let environment = machine.environment
        let id = environment.nonEmpty("AWS_ACCESS_KEY_ID")
        let secret = environment.nonEmpty("AWS_SECRET_ACCESS_KEY")
        guard let id, let secret else {
            guard id == nil && secret == nil else {
                let (there, missing) =
                    id == nil
                    ? ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID") : ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
                throw StoreError(.noCredentials, "the environment has \(there) but no \(missing)")
            }
            return .nothing(.init("environment", "AWS_ACCESS_KEY_ID is not set"))
        }
        var expiry: Int?
        if let text = environment.nonEmpty("AWS_CREDENTIAL_EXPIRATION") {
            expiry = CredentialTime.seconds(of: text)
            guard let expiry else {
                throw StoreError(
                    .noCredentials, "AWS_CREDENTIAL_EXPIRATION is no time of ISO 8601: \(text.printable)")
            }
            // The environment never changes, so nothing could be renewed.
            guard machine.now() < expiry else {
                throw StoreError(
                    .expiredCredentials,
                    "the credentials of the environment have expired, AWS_CREDENTIAL_EXPIRATION is "
                        + text.printable)
            }
        }
        return .found(
            FoundCredentials(
                value: AWSCredentials(
                    accessKeyID: id, secretAccessKey: secret, sessionToken: environment.nonEmpty("AWS_SESSION_TOKEN")),
                expiry: expiry,
                origin: CredentialOrigin(Self.source, identity: CredentialOrigin.shortened(id))))
    }
}
