import HTTP
import JSON
import Platform
import Signing

/// The certificate of an application, in a file with its key.
struct AzureClientCertificate {
    /// Of what is signed with it; it is sent at once.
    private static let lifetime = 600

    private let certificate: ClientCertificate
    private let place: String

    /// `variable` names the file, and `password` the variable of its password.
    init(
        _ path: String, from variable: String, password: String?, _ environment: AzureEnvironment
    ) async throws(StoreError) {
        let machine = environment.machine
        place = "\(variable): \(machine.shown(path))"
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try await machine.read(path)
        } catch {
            throw StoreError(.noCredentials, "\(place) cannot be read: \(error.description)", errno: error.code)
        }
        var secret: String?
        if let password, environment[password] != nil { secret = try await environment.text(password) }
        do throws(SigningError) {
            certificate = try ClientCertificate(bytes, password: secret)
        } catch {
            throw StoreError(.noCredentials, "\(place): \(error.description)")
        }
    }

    /// What says, signed, that the application is the one that asks.
    func assertion(of service: AzureTokenService, at time: Int) throws(StoreError) -> String {
        guard time < certificate.expiry else {
            let end = String(Timestamp(seconds: certificate.expiry, milliseconds: 0).text.prefix(10))
            throw StoreError(
                .expiredCredentials,
                "\(place): the certificate has expired on \(end): make a new one and let the application know it")
        }
        let claims: JSONValue = [
            "aud": .string(service.authority.address.text), "iss": .string(service.client),
            "sub": .string(service.client), "jti": .string(RandomID.make()), "iat": .integer(time),
            "nbf": .integer(time), "exp": .integer(time + Self.lifetime),
        ]
        do throws(SigningError) {
            return try JSONWebToken.signed(claims, by: certificate.key, thumbprint: certificate.thumbprint)
        } catch {
            throw StoreError(.noCredentials, "\(place): nothing can be signed: \(error.description)")
        }
    }
}
