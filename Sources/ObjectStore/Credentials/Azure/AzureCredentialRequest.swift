/// What is said about the credentials for one container, in plain values; whoever asks has settled whose words count.
public struct AzureCredentialRequest: Sendable, Hashable {
    /// Who says it, for messages: "provider lab", "the task".
    public var owner: String
    /// Of the store; nothing while nobody knows.
    public var account: String?
    /// The account where it stands where secrets do, for who has not named it otherwise.
    public var accountName: SecretInput?
    public var accountKey: SecretInput?
    public var sas: SecretInput?
    public var connectionString: SecretInput?
    /// Requests go as nobody's, whatever else is said.
    public var isAnonymous = false
    /// Whether credentials of the environment and of this machine may go to the store. Where they may not and nothing else is
    /// said, requests are anonymous.
    public var mayUseMachine = false

    public init(owner: String) {
        self.owner = owner
    }
}

public typealias AzureCredentialSearch = CredentialSearch<AzureCredential>

extension CredentialSearch: AzureCredentialSource where Credential == AzureCredential {}

extension AzureCredentialRequest: CredentialRequest {
    public func search(on machine: CredentialMachine) -> AzureCredentialSearch {
        CredentialSearch(of: owner, now: machine.now) { note async throws(StoreError) in
            try await AzureCredentialChain(request: self, machine: machine, note: note).search()
        }
    }
}
