import HTTP
import Platform
import Signing

/// The role of a container, from the agent of ECS, EKS and others that the environment names.
struct AWSContainerCredentials {
    private static let agent = "http://169.254.170.2"
    /// Where agents are that have addresses of their own.
    private static let agents = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]

    let machine: CredentialMachine

    func find() async throws(StoreError) -> CredentialFinding<AWSCredentials> {
        guard let (variable, url) = Self.url(machine.environment) else {
            return .nothing(.init("container", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set"))
        }
        let address = try Self.address(url, variable)
        let name = "container credentials from \(address.authority)"
        var request = HTTPRequest(.get, address, headers: ["Accept": "application/json"])
        if let token = try await token() { request.headers["Authorization"] = token }
        request.usesProxy = false
        request.answerMilliseconds = 5000
        var policy = RetryPolicy.forCredentials
        policy.deadlineMilliseconds = 15_000
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await machine.localClient.send(request, to: PlainHTTPService(), retrying: policy)
        } catch {
            throw StoreError(error, name)
        }
        guard response.isSuccess else { throw Self.refusal(response, name) }
        let answer = try CredentialAnswer(response.body, of: name)
        return .found(
            AWSOutage.extended(
                try answer.found(
                    token: "Token", isTokenNeeded: true, source: "container role",
                    identity: answer["RoleArn"]?.printable),
                at: machine.now()))
    }

    // MARK: Where

    private static func url(_ environment: Environment) -> (variable: String, url: String)? {
        let relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
        if let path = environment.nonEmpty(relative) {
            return (relative, agent + (path.hasPrefix("/") ? "" : "/") + path)
        }
        let full = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
        return environment.nonEmpty(full).map { (full, $0) }
    }

    /// Without TLS only this machine is believed, and the addresses that containers' agents have.
    static func address(_ url: String, _ variable: String) throws(StoreError) -> HTTPAddress {
        let address: HTTPAddress
        do throws(HTTPError) {
            address = try HTTPAddress(parsing: url)
        } catch {
            throw StoreError(.invalid, "\(variable): \(error.message)")
        }
        guard address.isSecure || address.isOfThisMachine || agents.contains(address.host.lowercased()) else {
            throw StoreError(
                .invalid,
                "\(variable): \(address.host.printable) is neither this machine nor a container's agent, and the URL is not https"
            )
        }
        return address
    }

    // MARK: As whom

    /// The file is read each time: it is replaced as the token expires.
    private func token() async throws(StoreError) -> String? {
        let file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
        let variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
        let secrets = SecretReader(machine: machine, owner: "container credentials")
        if let path = machine.environment.nonEmpty(file) { return try await secrets.text(.file(path), file) }
        guard machine.environment.nonEmpty(variable) != nil else { return nil }
        return try await secrets.text(.environment(variable), variable)
    }

    private static func refusal(_ response: HTTPResponse, _ name: String) -> StoreError {
        let answer = try? CredentialAnswer(response.body, of: name)
        let words = [answer?["code"] ?? answer?["Code"], answer?["message"] ?? answer?["Message"]].compactMap(\.self)
        let reason = words.isEmpty ? "" : ": " + words.joined(separator: ": ").prefix(300).description.printable
        let isBusy = response.status == 429 || response.status >= 500
        return StoreError(
            isBusy ? .unreachable : .denied, "\(name): the answer has status \(response.status)\(reason)",
            status: response.status)
    }
}

/// When their token service is out of order, agents and instances give what they have although it has expired, and
/// Amazon's services then take it. Asking again in some minutes is all that is left to do.
enum AWSOutage {
    private static let patience = 600

    static func extended(
        _ found: FoundCredentials<AWSCredentials>, at time: Int
    ) -> FoundCredentials<AWSCredentials> {
        guard let expiry = found.expiry, expiry <= time else { return found }
        var extended = found
        extended.expiry = time + patience
        return extended
    }
}
