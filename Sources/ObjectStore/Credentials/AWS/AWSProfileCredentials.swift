import Platform
import Signing

/// The credentials of a profile: a role, single sign-on, keys, or a program. Roles may rest on other profiles.
struct AWSProfileCredentials {
    let machine: CredentialMachine
    let configuration: AWSConfiguration
    let region: String?

    /// `isNamed`: somebody has asked for this one, so that it is an error when it is not there.
    func find(_ name: String, isNamed: Bool) async throws(StoreError) -> CredentialFinding<AWSCredentials> {
        guard let profile = configuration.profile(name) else {
            guard isNamed else { return .nothing(.init("profile \(name.printable)", absence(of: name))) }
            throw StoreError(.noCredentials, "profile \(name.printable): \(absence(of: name))")
        }
        if let found = try await find(profile, behind: []) { return .found(found) }
        let problems = configuration.problems(of: profile)
        let reason = "it has no credentials" + (problems.isEmpty ? "" : "; " + problems.joined(separator: "; "))
        guard isNamed else { return .nothing(.init("profile \(name.printable)", reason)) }
        throw StoreError(.noCredentials, "profile \(name.printable): \(reason)")
    }

    private func absence(of name: String) -> String {
        let files = [configuration.config, configuration.credentials]
        let there = files.filter(\.isThere).map(\.shown)
        let problems = configuration.problems(of: nil)
        let absence =
            there.isEmpty
            ? "neither \(files[0].shown) nor \(files[1].shown) is there"
            : "it is not in \(there.joined(separator: " or "))"
        let near =
            nearestName(to: name, among: configuration.profileNames).map { ["did you mean \($0.printable)?"] } ?? []
        return ([absence] + near + problems).joined(separator: "; ")
    }

    /// `chain`: the profiles whose roles rest on this one.
    private func find(
        _ profile: AWSProfile, behind chain: [String]
    ) async throws(StoreError) -> FoundCredentials<AWSCredentials>? {
        // A profile that others rest on is meant with its keys, when it has keys.
        if !chain.isEmpty, let keys = try keys(of: profile, in: [profile.credentials, profile.config]) { return keys }
        if let arn = profile["role_arn"] { return try await role(arn, of: profile, behind: chain) }
        if profile["sso_session"] != nil || profile["sso_start_url"] != nil {
            return try await AWSSingleSignOn(machine: machine, configuration: configuration, profile: profile).find()
        }
        if let keys = try keys(of: profile, in: [profile.credentials]) { return keys }
        if let command = profile["credential_process"] {
            let owner = profile.origin(of: "credential_process")
            return try await AWSCredentialProcess(machine: machine, command: command, owner: owner).find()
        }
        return try keys(of: profile, in: [profile.config])
    }

    // MARK: Keys

    private func keys(
        of profile: AWSProfile, in sections: [AWSConfigurationFile.Section]
    ) throws(StoreError) -> FoundCredentials<AWSCredentials>? {
        for section in sections {
            func value(_ key: String) -> String? { section.values[key].flatMap { $0.isEmpty ? nil : $0 } }
            let id = value("aws_access_key_id")
            let secret = value("aws_secret_access_key")
            guard id != nil || secret != nil else { continue }
            let origin = profile.origin(of: id == nil ? "aws_secret_access_key" : "aws_access_key_id")
            guard let id, let secret else {
                let missing = id == nil ? "aws_access_key_id" : "aws_secret_access_key"
                let problems = configuration.problems(of: profile)
                throw StoreError(.noCredentials, (["\(origin) has no \(missing)"] + problems).joined(separator: "; "))
            }
            // Some tools write the token under its older name.
            let token = value("aws_session_token") ?? value("aws_security_token")
            return FoundCredentials(
                value: AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token), expiry: nil,
                origin: CredentialOrigin(origin, identity: CredentialOrigin.shortened(id)))
        }
        return nil
    }

    // MARK: Roles

    private func role(
        _ arn: String, of profile: AWSProfile, behind chain: [String]
    ) async throws(StoreError) -> FoundCredentials<AWSCredentials> {
        let owner = profile.origin(of: "role_arn")
        let role = try AWSRole(
            arn: arn, sessionName: profile["role_session_name"], externalID: profile["external_id"],
            seconds: profile["duration_seconds"], owner: owner)
        let service = AWSTokenService(
            machine: machine, configuration: configuration, profile: profile.name, region: region)
        var found: FoundCredentials<AWSCredentials>
        if let file = profile["web_identity_token_file"] {
            found = try await service.assume(role, tokenFile: file)
        } else {
            guard profile["mfa_serial"] == nil else {
                throw StoreError(
                    .noCredentials,
                    "\(owner) asks for a code (mfa_serial), which nobody could type here; get keys with "
                        + "`aws sts assume-role --token-code` or single sign-on, and pass those")
            }
            found = try await service.assume(role, with: base(of: profile, owner, chain + [profile.name]))
        }
        found.origin = CredentialOrigin("role of \(owner)", identity: found.origin.identity)
        return found
    }

    private func base(
        of profile: AWSProfile, _ owner: String, _ chain: [String]
    ) async throws(StoreError) -> FoundCredentials<AWSCredentials> {
        switch (profile["source_profile"], profile["credential_source"]) {
        case (let source?, nil):
            // A role may rest on the keys of its own profile, and on nothing else of it.
            guard source == profile.name || !chain.contains(source) else {
                let loop = (chain + [source]).map(\.printable).joined(separator: " → ")
                throw StoreError(.invalid, "\(owner): its source_profile leads back to itself: \(loop)")
            }
            guard let below = configuration.profile(source) else {
                throw StoreError(
                    .noCredentials, "\(owner): source_profile \(source.printable): \(absence(of: source))")
            }
            let found =
                source == profile.name
                ? try keys(of: below, in: [below.credentials, below.config]) : try await find(below, behind: chain)
            if let found { return found }
            throw StoreError(.noCredentials, "\(owner): source_profile \(source.printable) has no credentials")
        case (nil, let source?):
            return try await base(from: source, owner)
        case (nil, nil):
            throw StoreError(.invalid, "\(owner) has neither source_profile nor credential_source for its role")
        default:
            throw StoreError(.invalid, "\(owner) has both source_profile and credential_source")
        }
    }

    private func base(
        from source: String, _ owner: String
    ) async throws(StoreError) -> FoundCredentials<AWSCredentials> {
        let finding: CredentialFinding<AWSCredentials>
        switch source.lowercased() {
        case "environment": finding = try AWSEnvironmentKeys(machine: machine).find()
        case "ec2instancemetadata":
            finding = try await AWSInstanceMetadata(machine: machine, configuration: configuration).find()
        case "ecscontainer": finding = try await AWSContainerCredentials(machine: machine).find()
        default:
            throw StoreError(
                .invalid,
                "\(owner): credential_source is Environment, Ec2InstanceMetadata or EcsContainer, not "
                    + source.printable)
        }
        switch finding {
        case .found(let found): return found
        case .nothing(let attempt):
            throw StoreError(.noCredentials, "\(owner): credential_source: \(attempt.description)")
        }
    }
}
