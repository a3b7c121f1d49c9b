import Platform
import Signing

/// Looks for credentials, once, in the order: what the request says; the environment's key or SAS; a service principal; a
/// workload's identity; the machine's; that of who has signed in with Azure's command line. Who has credentials that do not
/// work ends the search: going on as somebody else would surprise.
struct AzureCredentialChain {
    typealias Finding = CredentialFinding<AzureCredential>
    typealias Outcome = CredentialOutcome<AzureCredential>

    let request: AzureCredentialRequest
    let machine: CredentialMachine
    /// Told of the places where nothing was found, also when the search ends with that.
    let note: NoteOfAttempts

    private var environment: AzureEnvironment { AzureEnvironment(machine: machine) }

    func search() async throws(StoreError) -> Outcome {
        if request.isAnonymous { return Outcome(found: nil, attempts: []) }
        if let found = try await said() { return Outcome(found: found, attempts: []) }
        guard request.mayUseMachine else { return Outcome(found: nil, attempts: []) }
        return try await ofMachine()
    }

    // MARK: What the request says

    private func said() async throws(StoreError) -> FoundCredentials<AzureCredential>? {
        let secrets = SecretReader(machine: machine, owner: request.owner)
        if let input = request.accountKey {
            guard let account = request.account else {
                throw StoreError(
                    .noCredentials, "\(request.owner): account_key without an account that it is the key of")
            }
            let text = try await secrets.text(input, "account_key")
            return try AzureCredential(key: text, of: account, from: "\(request.owner): account_key")
                .found(request.owner)
        }
        if let input = request.sas {
            let text = try await secrets.text(input, "sas_token")
            return try AzureCredential(sas: text, from: "\(request.owner): sas_token").found(request.owner)
        }
        guard let string = try await request.readConnectionString(on: machine) else { return nil }
        let place = "\(request.owner): connection_string"
        if let account = request.account, let named = string.account, named != account {
            throw StoreError(
                .noCredentials,
                "\(place): it is of account \(named.printable), and the store is of account \(account.printable)")
        }
        guard let credential = string.credential else {
            throw StoreError(.noCredentials, "\(place): it has neither AccountKey nor SharedAccessSignature")
        }
        return credential.found(request.owner)
    }

    // MARK: What the machine has

    private func ofMachine() async throws(StoreError) -> Outcome {
        var attempts: [CredentialAttempt] = []
        for look in try places() {
            switch try await look() {
            case .found(let found):
                note(attempts)
                return Outcome(found: found, attempts: attempts)
            case .nothing(let attempt): attempts.append(attempt)
            }
        }
        note(attempts)
        let looked = attempts.map(\.description).joined(separator: "; ")
        throw StoreError(
            .noCredentials,
            "there are no Azure credentials; looked at: \(looked). For a public container write anonymous: true")
    }

    private typealias Look = () async throws(StoreError) -> Finding

    /// Whoever has chosen a way for blobfuse2 means this one and no other.
    private func places() throws(StoreError) -> [Look] {
        let keys = AzureEnvironmentKeys(environment: environment, account: request.account)
        let principal = AzureServicePrincipal(environment: environment).find
        let workload = AzureWorkloadIdentity(environment: environment).find
        let machineOwn = AzureManagedIdentity(environment: environment).find
        let commandLine = AzureCommandLine(machine: machine).find
        return switch try environment.wantedKind() {
        case .key: [keys.ofConnectionString, keys.key]
        case .sas: [keys.ofConnectionString, keys.sas]
        case .managedIdentity: [machineOwn]
        case .servicePrincipal: [principal]
        case .commandLine: [commandLine]
        case nil:
            [keys.ofConnectionString, keys.key, keys.sas, principal, workload, machineOwn, commandLine]
        }
    }
}
