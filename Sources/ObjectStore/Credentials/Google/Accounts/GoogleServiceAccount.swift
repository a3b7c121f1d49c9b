import JSON
import Platform
import Signing
import Synchronization

/// A service account by its key file. It signs its tokens itself: Google's services take them as they are, and nobody has to be
/// asked for one.
struct GoogleServiceAccount: Sendable {
    /// The longest that Google takes.
    private static let lifetime = 3600

    let email: String
    private let key: RSAKey
    private let keyID: String?
    private let source: String

    init(_ file: GoogleCredentialsFile) throws(StoreError) {
        email = try file.text("client_email")
        keyID = try file.optionalText("private_key_id")
        source = file.name
        let text = try file.text("private_key")
        do throws(SigningError) {
            key = try RSAKey(pem: text)
        } catch {
            throw file.problem(of: "private_key", "cannot be used: \(error.description)")
        }
    }

    func token(
        at time: Int, for scope: GoogleScope = .storage
    ) throws(StoreError) -> FoundCredentials<BearerToken> {
        let claims: JSONValue = [
            "iss": .string(email), "sub": .string(email), "scope": .string(scope.rawValue), "iat": .integer(time),
            "exp": .integer(time + Self.lifetime),
        ]
        let text: String
        do throws(SigningError) {
            text = try JSONWebToken.signed(claims, by: key, keyID: keyID)
        } catch {
            throw StoreError(.noCredentials, "\(source): no token could be signed: \(error.description)")
        }
        guard let token = BearerToken(text) else {
            throw StoreError(.noCredentials, "\(source): what was signed is no token")
        }
        let origin = CredentialOrigin(source, identity: email.printable)
        return FoundCredentials(value: token, expiry: time + Self.lifetime, origin: origin)
    }
}

extension GoogleServiceAccount: GoogleIdentity {
    func token(
        for scope: GoogleScope, on machine: CredentialMachine
    ) async throws(StoreError) -> FoundCredentials<BearerToken> {
        // By a clock that is off a token would be one of another time; when it ends is asked by that clock all the same.
        let offset = machine.signingClock.offset.load(ordering: .relaxed)
        var signed = try token(at: machine.signingClock.now, for: scope)
        signed.expiry? -= offset
        return signed
    }
}
