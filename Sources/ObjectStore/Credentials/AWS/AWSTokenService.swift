import HTTP
import Platform
import Signing

/// Amazon's token service, STS: roles for keys, and for tokens of other issuers.
struct AWSTokenService {
    let machine: CredentialMachine
    let configuration: AWSConfiguration
    /// Whose region and endpoint count.
    let profile: String?
    /// That of the store.
    let region: String?

    /// With keys that may assume it.
    func assume(
        _ role: AWSRole, with base: FoundCredentials<AWSCredentials>
    ) async throws(StoreError) -> FoundCredentials<AWSCredentials> {
        var items = [QueryItem("Action", "AssumeRole")] + Self.items(role)
        if let externalID = role.externalID { items.append(QueryItem("ExternalId", externalID)) }
        let place = try place
        let service = SignedTokenRequest(
            signer: SigV4(region: place.region.name, service: "sts"), credentials: base.value, now: machine.now)
        return try await ask(
            place, items, service, for: role, as: base.origin.description,
            hiding: [base.value.secretAccessKey, base.value.sessionToken])
    }

    /// With the token that an issuer has put into a file. It is read each time: it is replaced as it expires.
    func assume(
        _ role: AWSRole, tokenFile: String
    ) async throws(StoreError) -> FoundCredentials<AWSCredentials> {
        let secrets = SecretReader(machine: machine, owner: "role \(role.name)")
        let token = try await secrets.text(.file(tokenFile), "web identity token")
        let items =
            [QueryItem("Action", "AssumeRoleWithWebIdentity"), QueryItem("WebIdentityToken", token)]
            + Self.items(role)
        return try await ask(
            place, items, PlainHTTPService(), for: role, as: "the token in \(machine.shown(tokenFile))", hiding: [token]
        )
    }

    private static func items(_ role: AWSRole) -> [QueryItem] {
        let items = [
            QueryItem("Version", "2011-06-15"), QueryItem("RoleArn", role.arn),
            QueryItem("RoleSessionName", role.sessionName),
        ]
        return items + (role.seconds.map { [QueryItem("DurationSeconds", String($0))] } ?? [])
    }

    private var place: AWSServicePlace {
        get throws(StoreError) {
            let region = (configuration.region(profile: profile) ?? self.region).flatMap { AWSRegion($0) } ?? .global
            return try AWSServicePlace(
                of: "sts", host: "sts", region: region, configuration: configuration, profile: profile,
                machine.environment)
        }
    }

    private func ask(
        _ place: AWSServicePlace, _ items: [QueryItem], _ service: some HTTPService, for role: AWSRole,
        as identity: String, hiding secrets: [String?]
    ) async throws(StoreError) -> FoundCredentials<AWSCredentials> {
        let name = "role \(role.name) from \(place.host)"
        var request = HTTPRequest(
            .post, place.address,
            headers: ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"],
            body: .bytes(Array(items.encoded.utf8)), isIdempotent: true)
        request.answerMilliseconds = 10_000
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await machine.client.send(request, to: service, retrying: .forCredentials)
        } catch {
            throw StoreError(error, asking: name)
        }
        let answer = AWSTokenAnswer(response)
        guard response.isSuccess else { throw answer.error(name, identity: identity, hiding: secrets) }
        return try answer.found(name, as: role)
    }
}

/// Signs a request to the token service at the time of each attempt.
private struct SignedTokenRequest: HTTPService {
    let signer: SigV4
    let credentials: AWSCredentials
    let now: @Sendable () -> Int

    func prepare(_ request: HTTPRequest, attempt: Int) async throws(HTTPError) -> HTTPRequest {
        var signed = request
        guard case .bytes(let body)? = request.body else { return request }
        let signable = SignableRequest(
            method: request.method.rawValue, host: request.address.authority, path: request.address.path,
            headers: request.headers.lines.map { ($0.name, $0.value) }, payload: .init(of: body))
        for (name, value) in signer.headers(for: signable, credentials: credentials, at: now()) {
            signed.headers[name] = value
        }
        return signed
    }

    func judge(_ response: HTTPResponse, to request: HTTPRequest) async -> HTTPVerdict { .usual }
}

extension RetryPolicy {
    /// Whoever waits for credentials waits with everything.
    static var forCredentials: RetryPolicy {
        var policy = RetryPolicy()
        policy.attempts = 4
        policy.longestMilliseconds = 2000
        policy.longestAskedMilliseconds = 10_000
        policy.deadlineMilliseconds = 30_000
        return policy
    }
}
