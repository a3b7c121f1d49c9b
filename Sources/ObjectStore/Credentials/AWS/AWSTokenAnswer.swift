import HTTP
import Platform
import Signing

/// What the token service says.
struct AWSTokenAnswer {
    private let status: Int
    private let texts: [String: String]

    init(_ response: HTTPResponse) {
        status = response.status
        texts = (try? XMLLeaves.read(response.body))?.texts ?? [:]
    }

    func found(_ name: String, as role: AWSRole) throws(StoreError) -> FoundCredentials<AWSCredentials> {
        guard let id = texts["AccessKeyId"], let secret = texts["SecretAccessKey"], let token = texts["SessionToken"],
            !id.isEmpty, !secret.isEmpty, !token.isEmpty, let text = texts["Expiration"],
            let expiry = CredentialTime.seconds(of: text)
        else { throw StoreError(.noCredentials, "\(name): the answer has no credentials in it") }
        return FoundCredentials(
            value: AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token), expiry: expiry,
            origin: CredentialOrigin("role", identity: (texts["Arn"] ?? role.arn).printable))
    }

    /// `identity` is who asked.
    func error(_ name: String, identity: String, hiding secrets: [String?]) -> StoreError {
        let code = texts["Code"] ?? ""
        return StoreError(
            meaning(of: code), "\(name) is not given to \(identity): \(words(code, secrets))",
            requestID: texts["RequestId"], status: status)
    }

    private func meaning(of code: String) -> StoreError.Code {
        switch code {
        case "ExpiredToken", "ExpiredTokenException": .expiredCredentials
        case "Throttling", "ThrottlingException", "RequestLimitExceeded": .throttled
        case "IDPCommunicationError", "ServiceUnavailable", "InternalFailure": .unreachable
        case "ValidationError", "MalformedPolicyDocument", "RegionDisabledException": .invalid
        default: status == 429 || status >= 500 ? .unreachable : .denied
        }
    }

    /// Some messages repeat what was sent.
    private func words(_ code: String, _ secrets: [String?]) -> String {
        guard !code.isEmpty else { return "the answer has status \(status)" }
        let message = (texts["Message"] ?? "").hiding(secrets.compactMap(\.self)).excerpt
        return code.printable + (message.isEmpty ? "" : ": " + message)
    }
}
