/// What is said about the credentials for one bucket of Google's, in plain values; whoever asks has settled whose words count.
public struct GoogleCredentialRequest: Sendable, Hashable {
    /// Who says it, for messages: "provider lab".
    public var owner: String
    /// The path of a credentials file, such as a service account's key.
    public var keyFile: String?
    /// The text of such a file, or its path.
    public var key: SecretInput?
    /// That file is the operator's own choice, and not a task's. Only such a file may run programs and show who this machine is.
    public var isOperators = false
    /// Requests go as nobody's, whatever else is said.
    public var isAnonymous = false
    /// Whether credentials of the environment and of this machine may go to the store. Where they may not and nothing else is
    /// said, requests are anonymous.
    public var mayUseMachine = false

    public init(owner: String) {
        self.owner = owner
    }
}
