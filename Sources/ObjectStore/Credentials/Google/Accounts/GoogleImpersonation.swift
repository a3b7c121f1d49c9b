import HTTP
import JSON
import Platform
import Synchronization

/// A service account in whose name somebody else may act.
struct GoogleImpersonation: GoogleIdentity {
    /// Who acts.
    private let source: any GoogleIdentity
    private let name: String
    private let address: HTTPAddress
    private let account: String
    /// Accounts on the way: each may act for the next one.
    private var delegates: [String] = []
    private var seconds = 3600

    /// Of a file about nothing else.
    init(_ file: GoogleCredentialsFile) throws(StoreError) {
        guard let source = try file.object("source_credentials") else {
            throw file.problem(of: "source_credentials", "is missing")
        }
        guard try source.optionalText("type") != GoogleCredentialsFile.Kind.impersonated.rawValue else {
            throw source.problem(
                of: "type", "is that of an account which again somebody else acts for: name all as delegates")
        }
        try self.init(by: try source.identity(), file)
        delegates = try file.texts("delegates").map { $0.contains("/") ? $0 : "projects/-/serviceAccounts/" + $0 }
    }

    /// Of a file about somebody who acts for it.
    init(by source: any GoogleIdentity, _ file: GoogleCredentialsFile) throws(StoreError) {
        let field = "service_account_impersonation_url"
        self.source = source
        name = file.name
        address = try file.address(field, for: .identity)
        let ending = ":generateAccessToken"
        guard address.path.hasSuffix(ending),
            let last = address.path.dropLast(ending.count).split(separator: "/").last
        else { throw file.problem(of: field, "does not end in /serviceAccounts/NAME\(ending)") }
        account = String(last).printable
        if let options = try file.object("service_account_impersonation") {
            // What Google allows: an hour, and more where an organisation says so.
            seconds = try options.number("token_lifetime_seconds", in: 600...43_200) ?? seconds
        }
    }

    func token(
        for scope: GoogleScope, on machine: CredentialMachine
    ) async throws(StoreError) -> FoundCredentials<BearerToken> {
        let offset = machine.signingClock.offset.load(ordering: .relaxed)
        do throws(StoreError) {
            return try await ask(for: scope, on: machine)
        } catch  where error.status == 401 && machine.signingClock.offset.load(ordering: .relaxed) != offset {
            // What was shown was signed by a clock that is off, and by how much is known now.
            return try await ask(for: scope, on: machine)
        }
    }

    private func ask(
        for scope: GoogleScope, on machine: CredentialMachine
    ) async throws(StoreError) -> FoundCredentials<BearerToken> {
        let base = try await source.token(for: .impersonation, on: machine)
        var members: [JSONValue.Member] = [
            .init("scope", .strings([scope.rawValue])), .init("lifetime", .string("\(seconds)s")),
        ]
        if !delegates.isEmpty { members.append(.init("delegates", .strings(delegates))) }
        var service = GoogleTokenService(machine: machine, name: "\(name) as \(account)")
        service.secrets = [base.value.text]
        service.advice = "\(base.origin) needs the role iam.serviceAccountTokenCreator on that account"
        let (token, expiry) = try await service.token(
            from: address, document: .object(members), authorization: base.value.authorization)
        return FoundCredentials(
            value: token, expiry: expiry, origin: CredentialOrigin(name, identity: account))
    }
}
