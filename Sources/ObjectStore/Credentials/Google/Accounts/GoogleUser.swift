import HTTP
import Platform
import Signing

/// A person who has signed in with gcloud, which has left a token behind that others can be got with.
struct GoogleUser: GoogleIdentity {
    private let origin: CredentialOrigin
    private let address: HTTPAddress
    private let refreshToken: String
    private let client: GoogleOAuthClient
    /// Who signs in by way of another company stands in the request's head with the client's secret, others in its body.
    private let isOfWorkforce: Bool

    init(_ file: GoogleCredentialsFile) throws(StoreError) {
        try self.init(file, isOfWorkforce: false, "token_uri", "https://oauth2.googleapis.com/token")
    }

    init(ofWorkforce file: GoogleCredentialsFile) throws(StoreError) {
        try self.init(file, isOfWorkforce: true, "token_url", "https://sts.googleapis.com/v1/oauthtoken")
    }

    private init(
        _ file: GoogleCredentialsFile, isOfWorkforce: Bool, _ field: String, _ usual: String
    ) throws(StoreError) {
        origin = CredentialOrigin(file.name, identity: try file.optionalText("account")?.printable)
        self.isOfWorkforce = isOfWorkforce
        refreshToken = try file.text("refresh_token")
        client = GoogleOAuthClient(id: try file.text("client_id"), secret: try file.text("client_secret"))
        address = try file.address(field, usually: usual, for: .itsOwn)
    }

    /// What it may do was settled when the person signed in.
    func token(
        for scope: GoogleScope, on machine: CredentialMachine
    ) async throws(StoreError) -> FoundCredentials<BearerToken> {
        var form = [QueryItem("grant_type", "refresh_token"), QueryItem("refresh_token", refreshToken)]
        var headers: HTTPHeaders = [:]
        if isOfWorkforce {
            headers["Authorization"] = client.authorization
        } else {
            form += [QueryItem("client_id", client.id), QueryItem("client_secret", client.secret)]
        }
        var service = GoogleTokenService(machine: machine, name: origin.source)
        service.secrets = [refreshToken, client.secret]
        service.meaningOfInvalidGrant = .expiredCredentials
        service.advice = "sign in again with `gcloud auth application-default login`"
        let (token, expiry) = try await service.token(from: address, form: form, headers: headers)
        return FoundCredentials(value: token, expiry: expiry, origin: origin)
    }
}
