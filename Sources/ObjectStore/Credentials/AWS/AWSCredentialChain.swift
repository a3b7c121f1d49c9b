import Platform
import Signing

/// Looks for credentials, once, in the order: what the request says, the environment, the configuration files, the
/// container, the instance. Who has credentials that do not work ends the search: going on as somebody else would
/// surprise.
struct AWSCredentialChain {
    typealias Found = FoundCredentials<AWSCredentials>
    typealias Outcome = CredentialOutcome<AWSCredentials>

    let request: AWSCredentialRequest
    let machine: CredentialMachine
    /// Told of the places where nothing was found, also when the search ends with that.
    let note: NoteOfAttempts

    /// Nothing found is no error here only when requests may go without.
    func search() async throws(StoreError) -> Outcome {
        if request.isAnonymous { return Outcome(found: nil, attempts: []) }
        guard request.mayUseMachine || !request.isChosenByEntry else {
            throw StoreError(
                .invalid,
                "a profile or role of this machine is not used for an endpoint that neither Amazon nor the operator's "
                    + "environment has named; define a provider with keys of its own")
        }
        let configuration = await AWSConfiguration.read(on: machine, credentialsFile: request.credentialsFile)
        let outcome: Outcome
        if let role = request.roleARN ?? roleOfToken {
            outcome = try await assume(role, configuration)
        } else {
            outcome = try await base(configuration, isNeeded: request.mayUseMachine)
        }
        note(outcome.attempts)
        if let found = outcome.found { try Self.check(found) }
        return outcome
    }

    /// Id and token become lines of a request's head.
    private static func check(_ found: Found) throws(StoreError) {
        let sent = found.value.accessKeyID + (found.value.sessionToken ?? "")
        guard sent.utf8.allSatisfy({ 0x20 < $0 && $0 != 0x7F }) else {
            throw StoreError(
                .noCredentials, "\(found.origin.source): a key id or token with a space, a line end or the like in it")
        }
    }

    // MARK: Roles

    /// A token file without a role belongs to the one that the environment names.
    private var roleOfToken: String? {
        request.webIdentityTokenFile == nil ? nil : machine.environment.nonEmpty("AWS_ROLE_ARN")
    }

    private func assume(_ arn: String, _ configuration: AWSConfiguration) async throws(StoreError) -> Outcome {
        let role = try AWSRole(
            arn: arn, sessionName: machine.environment.nonEmpty("AWS_ROLE_SESSION_NAME"), owner: request.owner)
        let service = AWSTokenService(
            machine: machine, configuration: configuration, profile: request.profile, region: request.region)
        if let file = request.webIdentityTokenFile {
            return Outcome(found: try await service.assume(role, tokenFile: file), attempts: [])
        }
        // The machine's own credentials go to the token service only, which is Amazon's.
        let base = try await base(configuration, isNeeded: true)
        guard let keys = base.found else { throw nothing(base.attempts) }
        return Outcome(found: try await service.assume(role, with: keys), attempts: base.attempts)
    }

    // MARK: What the request says

    private func base(_ configuration: AWSConfiguration, isNeeded: Bool) async throws(StoreError) -> Outcome {
        if request.webIdentityTokenFile != nil && request.roleARN == nil && roleOfToken == nil {
            throw StoreError(
                .noCredentials,
                "\(request.owner): web_identity_token_file without role_arn, and AWS_ROLE_ARN is not set")
        }
        if let keys = request.keys { return Outcome(found: try await read(keys), attempts: []) }
        if let command = request.process {
            let process = AWSCredentialProcess(machine: machine, command: command, owner: request.owner)
            return Outcome(found: try await process.find(), attempts: [])
        }
        if request.credentialsFile != nil { return Outcome(found: try keysOfFile(configuration), attempts: []) }
        if let profile = request.profile {
            return try await outcome(of: self.profile(profile, configuration, isNamed: true))
        }
        if let role = request.instanceRole { return try await instance(role, configuration) }
        guard isNeeded else { return Outcome(found: nil, attempts: []) }
        return try await ofMachine(configuration)
    }

    private func read(_ keys: AWSCredentialRequest.Keys) async throws(StoreError) -> Found {
        let secrets = SecretReader(machine: machine, owner: request.owner)
        let id = try await secrets.text(keys.accessKeyID, "access_key")
        let secret = try await secrets.text(keys.secretAccessKey, "secret_key")
        var token: String?
        if let input = keys.sessionToken { token = try await secrets.text(input, "session_token") }
        return Found(
            value: AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token), expiry: nil,
            origin: CredentialOrigin(request.owner, identity: CredentialOrigin.shortened(id)))
    }

    /// Only keys are taken from a file that somebody names: it may not be the operator's, and programs are.
    private func keysOfFile(_ configuration: AWSConfiguration) throws(StoreError) -> Found {
        let file = configuration.credentials
        let name = request.profile ?? "default"
        let problems = configuration.problems(of: nil)
        guard file.isThere, let section = file.content.sections[name] else {
            let absence = file.isThere ? "it has no profile \(name.printable)" : "it is not there"
            throw StoreError(
                .noCredentials,
                (["\(request.owner): credentials file \(file.shown): \(absence)"] + problems)
                    .joined(separator: "; "))
        }
        guard let id = section.values["aws_access_key_id"], let secret = section.values["aws_secret_access_key"],
            !id.isEmpty, !secret.isEmpty
        else {
            throw StoreError(
                .noCredentials,
                "\(request.owner): profile \(name.printable) in \(file.shown) has no aws_access_key_id or no "
                    + "aws_secret_access_key")
        }
        return Found(
            value: AWSCredentials(
                accessKeyID: id, secretAccessKey: secret, sessionToken: section.values["aws_session_token"]),
            expiry: nil,
            origin: CredentialOrigin(
                "profile \(name.printable) in \(file.shown)", identity: CredentialOrigin.shortened(id)))
    }

    private func instance(
        _ role: AWSCredentialRequest.InstanceRole, _ configuration: AWSConfiguration
    ) async throws(StoreError) -> Outcome {
        var metadata = AWSInstanceMetadata(machine: machine, configuration: configuration)
        if case .named(let name) = role { metadata.role = name }
        var attempts: [CredentialAttempt] = []
        // In a container its role is what "the machine's own" means.
        if case .any = role {
            let container = try await outcome(of: AWSContainerCredentials(machine: machine).find())
            if container.found != nil { return container }
            attempts = container.attempts
        }
        switch try await metadata.find() {
        case .found(let found): return Outcome(found: found, attempts: attempts)
        case .nothing(let attempt): throw nothing(attempts + [attempt])
        }
    }

    // MARK: What the machine has

    private func ofMachine(_ configuration: AWSConfiguration) async throws(StoreError) -> Outcome {
        var attempts: [CredentialAttempt] = []
        func look(_ finding: CredentialFinding<AWSCredentials>) -> Outcome? {
            switch finding {
            case .found(let found): return Outcome(found: found, attempts: attempts)
            case .nothing(let attempt):
                attempts.append(attempt)
                return nil
            }
        }
        if let outcome = look(try AWSEnvironmentKeys(machine: machine).find()) { return outcome }
        if request.isAmazon, let outcome = look(try await webIdentity(configuration)) { return outcome }
        let current = configuration.currentProfile
        let profile = try await profile(current.name, configuration, isNamed: current.variable != nil)
        if let outcome = look(profile) { return outcome }
        if request.isAmazon {
            if let outcome = look(try await AWSContainerCredentials(machine: machine).find()) { return outcome }
            let instance = AWSInstanceMetadata(machine: machine, configuration: configuration)
            if let outcome = look(try await instance.find()) { return outcome }
        }
        throw nothing(attempts)
    }

    private func webIdentity(
        _ configuration: AWSConfiguration
    ) async throws(StoreError) -> CredentialFinding<AWSCredentials> {
        let environment = machine.environment
        guard let file = environment.nonEmpty("AWS_WEB_IDENTITY_TOKEN_FILE") else {
            return .nothing(.init("web identity", "AWS_WEB_IDENTITY_TOKEN_FILE is not set"))
        }
        guard let arn = environment.nonEmpty("AWS_ROLE_ARN") else {
            throw StoreError(.noCredentials, "the environment has AWS_WEB_IDENTITY_TOKEN_FILE but no AWS_ROLE_ARN")
        }
        let role = try AWSRole(
            arn: arn, sessionName: environment.nonEmpty("AWS_ROLE_SESSION_NAME"), owner: "AWS_ROLE_ARN")
        let service = AWSTokenService(
            machine: machine, configuration: configuration, profile: nil, region: request.region)
        var found = try await service.assume(role, tokenFile: file)
        found.origin = CredentialOrigin("web identity of AWS_ROLE_ARN", identity: found.origin.identity)
        return .found(found)
    }

    private func profile(
        _ name: String, _ configuration: AWSConfiguration, isNamed: Bool
    ) async throws(StoreError) -> CredentialFinding<AWSCredentials> {
        try await AWSProfileCredentials(machine: machine, configuration: configuration, region: request.region)
            .find(name, isNamed: isNamed)
    }

    private func outcome(of finding: CredentialFinding<AWSCredentials>) -> Outcome {
        switch finding {
        case .found(let found): Outcome(found: found, attempts: [])
        case .nothing(let attempt): Outcome(found: nil, attempts: [attempt])
        }
    }

    private func nothing(_ attempts: [CredentialAttempt]) -> StoreError {
        note(attempts)
        let places = attempts.map(\.description).joined(separator: "; ")
        let hint = request.isForBucket ? ". For a public bucket write anonymous: true" : ""
        return StoreError(.noCredentials, "there are no AWS credentials; looked at: \(places)\(hint)")
    }
}
