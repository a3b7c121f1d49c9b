import HTTP
import Platform
import Signing

/// The role of an EC2 instance, from its metadata service in version 2: every question carries a token, which is got with
/// a PUT that no proxy and no tricked web server would send on. Version 1, which goes without, is used only where there is
/// no other and it is asked for, by AWS_EC2_METADATA_V1_DISABLED or its key of the profile, which then say `false`.
struct AWSInstanceMetadata {
    private static let path = "/latest/meta-data/iam/security-credentials/"
    private static let token = "X-aws-ec2-metadata-token"

    let machine: CredentialMachine
    let configuration: AWSConfiguration
    /// One role and no other.
    var role: String?

    func find() async throws(StoreError) -> CredentialFinding<AWSCredentials> {
        if machine.environment.nonEmpty("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" {
            return .nothing(.init("instance metadata", "AWS_EC2_METADATA_DISABLED is set"))
        }
        let place = try place()
        let name = "instance metadata at \(place.authority)"
        let token: String?
        switch try await self.token(place, name) {
        case .success(let text): token = text
        case .failure(let absence): return .nothing(.init(name, absence.reason))
        }
        let role: String
        if let named = self.role {
            role = named
        } else {
            let answer = try await ask(place, Self.path, token, name)
            if answer.status == 404 { return .nothing(.init(name, "the instance has no role")) }
            guard answer.isSuccess, let first = Self.text(answer).split(whereSeparator: \.isNewline).first else {
                throw Self.refusal(answer, name)
            }
            role = String(first)
        }
        guard Self.isName(role) else { throw StoreError(.invalid, "\(name): \(role.printable) is no name of a role") }
        return .found(try await credentials(of: role, place, token, name))
    }

    /// What it says of the instance beside its role, such as where it is.
    func text(at path: String) async throws(StoreError) -> String {
        let place = try place()
        let name = "instance metadata at \(place.authority)"
        switch try await token(place, name) {
        case .success(let token):
            let answer = try await ask(place, path, token, name)
            guard answer.isSuccess else { throw Self.refusal(answer, name) }
            return Self.text(answer)
        case .failure(let absence): throw StoreError(.noCredentials, "\(name): \(absence.reason)")
        }
    }

    private func credentials(
        of role: String, _ place: HTTPAddress, _ token: String?, _ name: String
    ) async throws(StoreError) -> FoundCredentials<AWSCredentials> {
        let response = try await ask(place, Self.path + role, token, name)
        guard response.status != 404 else {
            throw StoreError(.noCredentials, "\(name): the instance has no role \(role)")
        }
        guard response.isSuccess else { throw Self.refusal(response, name) }
        let answer = try CredentialAnswer(response.body, of: name)
        if let code = answer["Code"], code != "Success" {
            let message = answer["Message"].map { ": \($0.prefix(300))" } ?? ""
            throw StoreError(.noCredentials, "\(name): role \(role): \((code + message).printable)")
        }
        let found = try answer.found(token: "Token", isTokenNeeded: true, source: "instance role", identity: role)
        return AWSOutage.extended(found, at: machine.now())
    }

    // MARK: Where

    private func place() throws(StoreError) -> HTTPAddress {
        let variable = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
        let profile = configuration.profile(configuration.currentProfile.name)
        let named = machine.environment.nonEmpty(variable) ?? profile?["ec2_metadata_service_endpoint"]
        let mode =
            machine.environment.nonEmpty("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")
            ?? profile?["ec2_metadata_service_endpoint_mode"]
        let usual = mode?.lowercased() == "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
        do throws(HTTPError) {
            var address = try HTTPAddress(parsing: named ?? usual)
            if address.path.hasSuffix("/") { address.path.removeLast() }
            return address
        } catch {
            throw StoreError(.invalid, "\(variable): \(error.message)")
        }
    }

    // MARK: Asking

    private struct Absence: Error {
        let reason: String
        /// Nobody there can be asked in another way.
        var isFinal = false
    }

    /// That nobody is there, or somebody else, is no error: most machines are no instances of EC2. Without a token version 1
    /// is asked.
    private func token(_ place: HTTPAddress, _ name: String) async throws(StoreError) -> Result<String?, Absence> {
        switch try await versionTwosToken(place, name) {
        case .success(let token): return .success(token)
        case .failure(let absence): return mayUseVersionOne && !absence.isFinal ? .success(nil) : .failure(absence)
        }
    }

    private var mayUseVersionOne: Bool {
        let profile = configuration.profile(configuration.currentProfile.name)
        let said = machine.environment.nonEmpty("AWS_EC2_METADATA_V1_DISABLED") ?? profile?["ec2_metadata_v1_disabled"]
        return said?.lowercased() == "false"
    }

    private func versionTwosToken(
        _ place: HTTPAddress, _ name: String
    ) async throws(StoreError) -> Result<String, Absence> {
        var address = place
        address.path += "/latest/api/token"
        var request = HTTPRequest(.put, address, headers: [Self.token + "-ttl-seconds": "21600"], body: .bytes([]))
        request.usesProxy = false
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await machine.localClient.send(
                request, to: PlainHTTPService(), retrying: .forMetadata(attempts))
        } catch {
            guard error.code != .cancelled else { throw StoreError(error, name) }
            // The packets with the answer may make one hop only, unless the instance allows more.
            let isSilent = error.code == .stalled || error.code == .connectionLost
            return .failure(
                Absence(
                    reason: isSilent
                        ? "no answer to the request for a token; in a container, the instance needs a hop limit of 2"
                        : "nobody answers (\(error.message))",
                    isFinal: !isSilent))
        }
        let text = Self.text(response)
        switch response.status {
        case 200 where !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }: return .success(text)
        case 403: return .failure(Absence(reason: "the instance's metadata service is switched off", isFinal: true))
        default:
            return .failure(Absence(reason: "it gives no token (status \(response.status)), so this is not EC2"))
        }
    }

    private func ask(
        _ place: HTTPAddress, _ path: String, _ token: String?, _ name: String
    ) async throws(StoreError) -> HTTPResponse {
        var address = place
        address.path += path
        var request = HTTPRequest(.get, address, headers: token.map { [Self.token: $0] } ?? [:])
        request.usesProxy = false
        do throws(HTTPError) {
            return try await machine.localClient.send(request, to: PlainHTTPService(), retrying: .forMetadata(3))
        } catch {
            throw StoreError(error, name)
        }
    }

    private var attempts: Int {
        let said = machine.environment.nonEmpty("AWS_METADATA_SERVICE_NUM_ATTEMPTS").flatMap { Int($0) } ?? 2
        return min(max(1, said), 10)
    }

    private static func text(_ response: HTTPResponse) -> String {
        var text = String(decoding: response.body, as: UTF8.self)[...]
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text)
    }

    /// It becomes part of a path.
    private static func isName(_ role: String) -> Bool {
        !role.isEmpty && role.utf8.count <= 128
            && role.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789+=,.@_-".unicodeScalars.contains($0))
            }
            && role != "." && role != ".."
    }

    private static func refusal(_ response: HTTPResponse, _ name: String) -> StoreError {
        StoreError(
            response.status >= 500 || response.status == 429 ? .unreachable : .noCredentials,
            "\(name): the answer has status \(response.status)", status: response.status)
    }
}
