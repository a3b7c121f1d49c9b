import HTTP
import Platform
import Signing
import Synchronization

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
            let region =
                (configuration.namedRegion(profile: profile)?.name ?? self.region).flatMap { AWSRegion($0) } ?? .global
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
        request.trust = place.trust
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await machine.client.send(request, to: service, retrying: .forCredentials)
        } catch {
            throw StoreError(error, name)
        }
        let answer = AWSTokenAnswer(response)
        guard response.isSuccess else { throw answer.error(name, identity: identity, hiding: secrets) }
        var found = try answer.found(name, as: role)
        // The end is told by the service's clock, and is looked at by ours.
        if let ahead = response.head.clockAhead(of: machine.now()) { found.expiry? -= ahead }
        return found
    }
}

/// Signs a request to the token service at the time of each attempt, and by the service's clock when ours is wrong.
private final class SignedTokenRequest: HTTPService {
    private let signer: SigV4
    private let credentials: AWSCredentials
    private let now: @Sendable () -> Int
    /// How much the service's clock is ahead.
    private let offset = Atomic(0)

    init(signer: SigV4, credentials: AWSCredentials, now: @escaping @Sendable () -> Int) {
        self.signer = signer
        self.credentials = credentials
        self.now = now
    }

    func prepare(_ request: HTTPRequest, attempt: Int) async throws(HTTPError) -> HTTPRequest {
        var signed = request
        guard case .bytes(let body)? = request.body else { return request }
        let signable = SignableRequest(
            method: request.method.rawValue, host: request.address.authority, path: request.address.path,
            headers: request.headers.lines.map { ($0.name, $0.value) }, payload: .init(of: body))
        let time = now() + offset.load(ordering: .relaxed)
        for (name, value) in signer.headers(for: signable, credentials: credentials, at: time) {
            signed.headers[name] = value
        }
        return signed
    }

    func judge(_ response: HTTPResponse, to request: HTTPRequest) async -> HTTPVerdict {
        guard [400, 403].contains(response.status), offset.load(ordering: .relaxed) == 0,
            let ahead = response.head.clockAhead(of: now())
        else { return .usual }
        offset.store(ahead, ordering: .relaxed)
        return .mended
    }
}
