/// What is said about the credentials for one store, in plain values; whoever asks has settled whose words count.
public struct AWSCredentialRequest: Sendable, Hashable {
    /// Who says it, for messages: "provider minio".
    public var owner: String
    public var keys: Keys?
    public var profile: String?
    /// A credentials file in the place of `~/.aws/credentials`.
    public var credentialsFile: String?
    public var process: String?
    public var instanceRole: InstanceRole?
    /// A role to assume with what is found otherwise, or with a web identity token.
    public var roleARN: String?
    public var webIdentityTokenFile: String?
    /// Of the store; token services are asked near to it.
    public var region: String?
    /// Requests are not signed, whatever else is said.
    public var isAnonymous = false
    /// Whether credentials of the environment and of this machine may go to the store. Where they may not and nothing else is
    /// said, requests are anonymous.
    public var mayUseMachine = false
    /// The profile or role is the choice of a task's entry, which may choose among the machine's identities, but not send
    /// them where the machine's credentials may not go.
    public var isChosenByEntry = false
    /// Whether the store is Amazon's: roles of this machine mean nothing to others, and are not shown to them.
    public var isAmazon = true
    /// Whether they are for a bucket, which may be a public one: another cloud's token service gives nothing to nobody.
    public var isForBucket = true

    public struct Keys: Sendable, Hashable {
        public var accessKeyID: SecretInput
        public var secretAccessKey: SecretInput
        public var sessionToken: SecretInput?

        public init(accessKeyID: SecretInput, secretAccessKey: SecretInput, sessionToken: SecretInput? = nil) {
            self.accessKeyID = accessKeyID
            self.secretAccessKey = secretAccessKey
            self.sessionToken = sessionToken
        }
    }

    public enum InstanceRole: Sendable, Hashable {
        case any
        case named(String)
    }

    public init(owner: String) {
        self.owner = owner
    }
}
