import JSON
public import Platform
import Signing

/// A service account by its key file. It signs its tokens itself: Google's services take them as they are, and nobody has to be
/// asked for one.
public struct GoogleServiceAccount: Sendable {
    /// The longest that Google takes.
    private static let lifetime = 3600

    public let email: String
    private let key: RSAKey
    private let keyID: String?
    private let source: String

    /// `source` says where the file is, for messages; nothing else of it is ever shown.
    public init(keyFile bytes: [UInt8], from source: String) throws(StoreError) {
        let file = try GoogleCredentialsFile(bytes, from: source, isOperators: false)
        guard let account = try file.identity() as? GoogleServiceAccount else {
            throw file.problem("this is no key of a service account")
        }
        self = account
    }

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

    /// Tokens of this account, each used for most of its hour.
    public func tokens(now: @escaping @Sendable () -> Int = { Timestamp.secondsNow }) -> CachedTokens {
        CachedTokens(from: origin, now: now) { () async throws(StoreError) in
            try token(at: now())
        }
    }

    func token(at time: Int, for scope: GoogleScope = .storage) throws(StoreError) -> CachedTokens.Issued {
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
        return CachedTokens.Issued(token, expiry: time + Self.lifetime)
    }

    private var origin: CredentialOrigin { CredentialOrigin(source, identity: email.printable) }
}

extension GoogleServiceAccount: GoogleIdentity {
    func token(
        for scope: GoogleScope, on machine: CredentialMachine
    ) async throws(StoreError) -> FoundCredentials<BearerToken> {
        let issued = try token(at: machine.now(), for: scope)
        return FoundCredentials(value: issued.token, expiry: issued.expiry, origin: origin)
    }
}
