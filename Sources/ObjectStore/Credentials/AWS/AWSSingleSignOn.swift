import Checksums
import HTTP
import JSON
import Platform
import Signing

/// A role of a person who has signed in with `aws sso login`. The token that it left in ~/.aws/sso/cache is read and never
/// renewed here: that is between the person and the login.
struct AWSSingleSignOn {
    let machine: CredentialMachine
    let configuration: AWSConfiguration
    let profile: AWSProfile

    private struct Settings {
        var account: String
        var role: String
        var region: String
        /// What the cached token's file is named after.
        var cacheKey: String
    }

    func find() async throws(StoreError) -> FoundCredentials<AWSCredentials> {
        let settings = try settings()
        let token = try await token(settings)
        let name = "single sign-on of \(owner)"
        guard let region = AWSRegion(settings.region) else {
            throw StoreError(.invalid, "\(owner): sso_region is no region: \(settings.region.printable)")
        }
        let place = try AWSServicePlace(
            of: "sso", host: "portal.sso", region: region, configuration: configuration, profile: profile.name,
            machine.environment)
        var address = place.address
        if address.path.hasSuffix("/") { address.path.removeLast() }
        address.path += "/federation/credentials"
        address.query = [QueryItem("role_name", settings.role), QueryItem("account_id", settings.account)].encoded
        var request = HTTPRequest(.get, address, headers: ["x-amz-sso_bearer_token": token])
        request.trust = place.trust
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await machine.client.send(request, to: PlainHTTPService(), retrying: .forCredentials)
        } catch {
            throw StoreError(error, name)
        }
        guard response.isSuccess else { throw refusal(response, settings, name) }
        return try found(response.body, settings, name)
    }

    private var owner: String { profile.origin(of: profile["sso_session"] == nil ? "sso_start_url" : "sso_session") }

    private func settings() throws(StoreError) -> Settings {
        var values = profile.config.values.merging(profile.credentials.values) { $1 }
        let sessionName = profile["sso_session"]
        if let sessionName {
            guard let session = configuration.session(sessionName) else {
                throw StoreError(
                    .noCredentials,
                    "\(owner): \(configuration.config.shown) has no section [sso-session \(sessionName.printable)]")
            }
            values.merge(session.values) { $1 }
        }
        let needed = ["sso_start_url", "sso_region", "sso_account_id", "sso_role_name"]
        let missing = needed.filter { values[$0]?.isEmpty ?? true }
        guard missing.isEmpty, let start = values["sso_start_url"], let region = values["sso_region"],
            let account = values["sso_account_id"], let role = values["sso_role_name"]
        else {
            throw StoreError(.noCredentials, "\(owner) has no \(missing.joined(separator: ", no "))")
        }
        return Settings(account: account, role: role, region: region, cacheKey: sessionName ?? start)
    }

    // MARK: The token

    private func token(_ settings: Settings) async throws(StoreError) -> String {
        let path = machine.home + "/.aws/sso/cache/\(try fileName(settings.cacheKey)).json"
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try await machine.read(path)
        } catch {
            throw error.isAbsence
                ? expired("nobody has signed in")
                : StoreError(
                    .noCredentials, "\(owner): \(machine.shown(path)) cannot be read: \(error.description)")
        }
        let answer = try CredentialAnswer(bytes, of: machine.shown(path))
        guard let token = answer["accessToken"], let text = answer["expiresAt"],
            let expiry = CredentialTime.seconds(of: text), token.utf8.allSatisfy({ 0x20 < $0 && $0 < 0x7F })
        else { throw expired("\(machine.shown(path)) has no token in it") }
        guard machine.now() < expiry else { throw expired("the login has expired (\(text.printable))") }
        return token
    }

    private func fileName(_ key: String) throws(StoreError) -> String {
        do throws(ChecksumError) {
            return try Checksum(.sha1, of: Array(key.utf8)).hex
        } catch {
            throw StoreError(.noCredentials, "\(owner): \(error.description)")
        }
    }

    private func expired(_ reason: String) -> StoreError {
        StoreError(
            .expiredCredentials, "\(owner): \(reason); run `aws sso login --profile \(profile.name.printable)`")
    }

    // MARK: The answer

    private func found(
        _ body: [UInt8], _ settings: Settings, _ name: String
    ) throws(StoreError) -> FoundCredentials<AWSCredentials> {
        let answer = try CredentialAnswer(body, of: name)
        let keys = answer.json["roleCredentials"]
        guard let id = keys?["accessKeyId"]?.text, let secret = keys?["secretAccessKey"]?.text,
            let token = keys?["sessionToken"]?.text, let milliseconds = keys?["expiration"]?.wholeNumber
        else { throw StoreError(.noCredentials, "\(name): the answer has no credentials in it") }
        return FoundCredentials(
            value: AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token),
            expiry: milliseconds / 1000,
            origin: CredentialOrigin(name, identity: "\(settings.role) in account \(settings.account)".printable))
    }

    private func refusal(_ response: HTTPResponse, _ settings: Settings, _ name: String) -> StoreError {
        switch response.status {
        case 401: return expired("the login is no longer accepted")
        case 403, 404:
            return StoreError(
                .denied,
                "\(name): role \(settings.role.printable) in account \(settings.account.printable) is not given",
                status: response.status)
        default:
            return StoreError(
                .unreachable, "\(name): the answer has status \(response.status)", status: response.status)
        }
    }
}
