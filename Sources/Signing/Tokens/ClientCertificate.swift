import COpenSSL
import Glibc

/// A certificate with its private key, by which a client shows who it is. Nothing that prints it shows the key.
public struct ClientCertificate: Sendable {
    public let key: RSAKey
    /// The SHA-1 of the certificate, by which those who know it find it.
    public let thumbprint: [UInt8]
    /// When it ends, in seconds since 1970.
    public let expiry: Int

    /// Of a file that has both: in PEM, in any order and with others of its chain, or in PKCS #12.
    public init(_ bytes: [UInt8], password: String? = nil) throws(SigningError) {
        let isText = String(decoding: bytes.prefix(1 << 20), as: UTF8.self).contains("-----BEGIN")
        let (key, certificate) = isText ? try Self.ofText(bytes, password) : try Self.ofStore(bytes, password)
        defer { X509_free(certificate) }
        self.key = key
        thumbprint = try Self.thumbprint(certificate)
        expiry = try Self.expiry(certificate)
    }

    // MARK: Reading

    private static func ofText(
        _ bytes: [UInt8], _ password: String?
    ) throws(SigningError) -> (RSAKey, OpaquePointer) {
        let key = try RSAKey(pem: String(decoding: bytes, as: UTF8.self), password: password)
        ERR_clear_error()
        var isAny = false
        let certificate = MemoryFile.read(bytes) { source -> OpaquePointer? in
            while let next = PEM_read_bio_X509(source, nil, nil, nil) {
                if X509_check_private_key(next, key.key) == 1 { return next }
                isAny = true
                X509_free(next)
            }
            return nil
        }
        ERR_clear_error()
        guard let certificate else {
            throw SigningError(
                isAny ? "the private key is not that of the certificate" : "there is no certificate beside the key")
        }
        return (key, certificate)
    }

    private static func ofStore(
        _ bytes: [UInt8], _ password: String?
    ) throws(SigningError) -> (RSAKey, OpaquePointer) {
        ERR_clear_error()
        let store = MemoryFile.read(bytes) { d2i_PKCS12_bio($0, nil) }
        guard let store else { throw SigningError("this is neither PEM nor PKCS #12") }
        defer { PKCS12_free(store) }
        var key: OpaquePointer?
        var certificate: OpaquePointer?
        guard PKCS12_parse(store, password ?? "", &key, &certificate, nil) == 1 else {
            throw SigningError(ofOpenSSL: "it cannot be opened: is the password right?")
        }
        guard let certificate else {
            EVP_PKEY_free(key)
            throw SigningError("there is no certificate in it")
        }
        guard let key else {
            X509_free(certificate)
            throw SigningError("there is no private key in it")
        }
        do throws(SigningError) {
            return (try RSAKey(owning: key), certificate)
        } catch {
            X509_free(certificate)
            throw error
        }
    }

    // MARK: What it says

    private static func thumbprint(_ certificate: OpaquePointer) throws(SigningError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count = UInt32(0)
        guard X509_digest(certificate, EVP_sha1(), &digest, &count) == 1 else {
            throw SigningError(ofOpenSSL: "the certificate has no thumbprint")
        }
        return Array(digest.prefix(Int(count)))
    }

    private static func expiry(_ certificate: OpaquePointer) throws(SigningError) -> Int {
        var end = tm()
        guard ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1 else {
            throw SigningError(ofOpenSSL: "the certificate does not say when it ends")
        }
        return timegm(&end)
    }
}
