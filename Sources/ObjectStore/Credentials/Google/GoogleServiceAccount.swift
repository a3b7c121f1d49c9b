import JSON
public import Platform
import Signing

/// A service account by its key file. It signs its tokens itself: Google's services take them as they are, and nobody has to be
/// asked for one.
public struct GoogleServiceAccount: Sendable {
    /// What tokens are for: to read objects, and to write them.
    private static let scope = "https://www.googleapis.com/auth/devstorage.read_write"
    /// The longest that Google takes.
    private static let lifetime = 3600

    public let email: String
    private let key: RSAKey
    private let keyID: String?
    private let source: String

    /// `source` says where the file is, for messages; nothing else of it is ever shown.
    public init(keyFile bytes: [UInt8], from source: String) throws(StoreError) {
        let file = try CredentialAnswer(bytes, of: source)
        guard file["type"] == "service_account" else {
            throw StoreError(.noCredentials, "\(source): this is no key of a service account")
        }
        guard let email = file["client_email"], let text = file["private_key"] else {
            throw StoreError(.noCredentials, "\(source): it has no client_email or no private_key")
        }
        do throws(SigningError) {
            key = try RSAKey(pem: text)
        } catch {
            throw StoreError(.noCredentials, "\(source): private_key: \(error.description)")
        }
        self.email = email
        keyID = file["private_key_id"]
        self.source = source
    }

    /// Tokens of this account, each used for most of its hour.
    public func tokens(now: @escaping @Sendable () -> Int = { Timestamp.secondsNow }) -> CachedTokens {
        CachedTokens(from: CredentialOrigin(source, identity: email.printable), now: now) {
            () async throws(StoreError) in
            try token(at: now())
        }
    }

    func token(at time: Int) throws(StoreError) -> CachedTokens.Issued {
        let claims: JSONValue = [
            "iss": .string(email), "sub": .string(email), "scope": .string(Self.scope), "iat": .integer(time),
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
        return CachedTokens.Issued(token, expiry: time + Self.lifetime)
    }
}
