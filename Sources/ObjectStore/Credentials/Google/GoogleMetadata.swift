import HTTP
import Platform
import Signing

/// The service account of a machine in Google's cloud, from the machine's metadata server.
struct GoogleMetadata {
    private static let account = "/computeMetadata/v1/instance/service-accounts/default/"
    private static let flavor = "Metadata-Flavor"

    let machine: CredentialMachine

    func find() async throws(StoreError) -> CredentialFinding<BearerToken> {
        // Google's tools take no other word for it.
        if machine.environment["NO_GCE_CHECK"] == "true" {
            return .nothing(.init("metadata server", "NO_GCE_CHECK is set"))
        }
        let place = try place()
        let name = "metadata server at \(place.address.authority)"
        let asked = machine.now()
        // Both at once: whose token it is should cost no time, and who does not even say that is not there.
        async let asking = token(place)
        let email: String?
        switch await self.email(place) {
        case .success(let found): email = found
        case .failure(let absence): return .nothing(.init(name, absence.reason))
        }
        let response: HTTPResponse
        switch await asking {
        case .success(let answered): response = answered
        case .failure(let error): throw StoreError(error, name)
        }
        if response.status == 404 { return .nothing(.init(name, "the machine has no service account")) }
        guard response.isSuccess, response.headers[Self.flavor] == "Google" else { throw refusal(response, name) }
        let (token, expiry) = try GoogleTokenAnswer(response.body, name).token(askedAt: asked)
        return .found(
            FoundCredentials(
                value: token, expiry: expiry, origin: CredentialOrigin("metadata server", identity: email)))
    }

    // MARK: Where

    private struct Place {
        var address: HTTPAddress
        /// What it is called when it is asked by its number, which needs no name server.
        var host: String?

        func request(_ path: String, _ query: [QueryItem] = []) -> HTTPRequest {
            var address = address
            address.path = path
            address.query = query.encoded
            var request = HTTPRequest(.get, address, headers: [GoogleMetadata.flavor: "Google"])
            if let host { request.headers["Host"] = host }
            request.usesProxy = false
            return request
        }
    }

    private func place() throws(StoreError) -> Place {
        for variable in ["GCE_METADATA_HOST", "GCE_METADATA_ROOT"] {
            if let host = machine.environment.nonEmpty(variable) {
                return Place(address: try Self.address(host, variable))
            }
        }
        let variable = "GCE_METADATA_IP"
        let number = machine.environment.nonEmpty(variable) ?? "169.254.169.254"
        return Place(address: try Self.address(number, variable), host: "metadata.google.internal")
    }

    private static func address(_ host: String, _ variable: String) throws(StoreError) -> HTTPAddress {
        do throws(HTTPError) {
            return try HTTPAddress(parsing: "http://" + host)
        } catch {
            throw StoreError(.invalid, "\(variable): \(error.message)")
        }
    }

    // MARK: Asking

    private struct Absence: Error {
        let reason: String
    }

    /// The name of the account. It is known where there is a metadata server at all, and given at once.
    private func email(_ place: Place) async -> Result<String?, Absence> {
        var request = place.request(Self.account + "email")
        request.answerMilliseconds = machine.patienceMilliseconds
        let first = await withTaskGroup(of: Result<HTTPResponse, HTTPError>?.self) { [request] group in
            group.addTask { await answer(to: request, .forMetadata(2)) }
            group.addTask {
                await AlarmClock.shared.pause(milliseconds: machine.patienceMilliseconds)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        switch first {
        case nil: return .failure(Absence(reason: "nobody answers within a second"))
        case .failure(let error): return .failure(Absence(reason: "nobody answers (\(error.message))"))
        case .success(let response):
            guard response.headers[Self.flavor] == "Google" else {
                return .failure(Absence(reason: "somebody else than Google answers"))
            }
            let text = String(decoding: response.body, as: UTF8.self)
            return .success(response.isSuccess && !text.isEmpty ? text.printable : nil)
        }
    }

    /// To make one takes it longer: it asks others.
    private func token(_ place: Place) async -> Result<HTTPResponse, HTTPError> {
        var request = place.request(Self.account + "token", [QueryItem("scopes", GoogleScope.storage.rawValue)])
        request.answerMilliseconds = 10_000
        return await answer(to: request, .forCredentials)
    }

    private func answer(
        to request: HTTPRequest, _ policy: RetryPolicy
    ) async -> Result<HTTPResponse, HTTPError> {
        do throws(HTTPError) {
            return .success(try await machine.localClient.send(request, to: PlainHTTPService(), retrying: policy))
        } catch {
            return .failure(error)
        }
    }

    private func refusal(_ response: HTTPResponse, _ name: String) -> StoreError {
        guard response.isSuccess else {
            return GoogleRefusal(response, hiding: []).error(name, from: "it", advice: nil)
        }
        return StoreError(.noCredentials, "\(name): the answer does not come from Google")
    }
}
