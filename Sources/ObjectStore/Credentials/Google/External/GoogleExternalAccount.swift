import HTTP
import JSON
import Signing

/// Somebody whom another identity provider knows, and whom Google believes that provider: workload and workforce identity
/// federation. What proves it to be so, the subject token, is exchanged for one of Google's.
struct GoogleExternalAccount: GoogleIdentity {
    private let file: GoogleCredentialsFile
    private let source: any GoogleSubjectSource
    private let subject: GoogleSubject
    private let address: HTTPAddress
    private let client: GoogleOAuthClient?
    /// Who pays for the exchange when a person has no project.
    private let userProject: String?

    /// It, or the service account that it acts for.
    static func identity(_ file: GoogleCredentialsFile) throws(StoreError) -> any GoogleIdentity {
        // What proves who one is comes from this machine, also when it is only a path that stands in the file.
        guard file.isOperators else {
            throw file.problem(
                "an external_account shows who this machine is, which only files do that the operator names: in a provider"
                    + " of his own, or as GOOGLE_APPLICATION_CREDENTIALS")
        }
        let account = try GoogleExternalAccount(file)
        guard file.has("service_account_impersonation_url") else { return account }
        return try GoogleImpersonation(by: account, file)
    }

    private init(_ file: GoogleCredentialsFile) throws(StoreError) {
        self.file = file
        subject = try GoogleSubject(file)
        address = try file.address("token_url", usually: "https://sts.googleapis.com/v1/token", for: .identity)
        source = try file.subjectSource(subject)
        client = try file.optionalText("client_id").map { (id) throws(StoreError) in
            GoogleOAuthClient(id: id, secret: try file.optionalText("client_secret") ?? "")
        }
        userProject = try file.optionalText("workforce_pool_user_project")
        guard userProject == nil || subject.isOfWorkforce else {
            throw file.problem(of: "workforce_pool_user_project", "is for an audience with workforcePools in it only")
        }
    }

    func token(
        for scope: GoogleScope, on machine: CredentialMachine
    ) async throws(StoreError) -> FoundCredentials<BearerToken> {
        let text = try await source.token(on: machine)
        var form = [
            QueryItem("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            QueryItem("audience", subject.audience), QueryItem("scope", scope.rawValue),
            QueryItem("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            QueryItem("subject_token", text), QueryItem("subject_token_type", subject.type),
        ]
        var headers: HTTPHeaders = [:]
        if let client {
            headers["Authorization"] = client.authorization
        } else if let userProject {
            // Encoded twice, once here and once as all of the form.
            let options: JSONValue = ["userProject": .string(userProject)]
            form.append(QueryItem("options", PercentEncoding.component(options.compact)))
        }
        var service = GoogleTokenService(machine: machine, name: file.name)
        service.secrets = [text, client?.secret ?? ""]
        service.advice = "the provider of its audience has to know the subject token's issuer and audience"
        let (token, expiry) = try await service.token(from: address, form: form, headers: headers)
        return FoundCredentials(
            value: token, expiry: expiry, origin: CredentialOrigin(file.name, identity: subject.provider))
    }
}
