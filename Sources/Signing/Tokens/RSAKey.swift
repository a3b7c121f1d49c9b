import COpenSSL

/// A private RSA key. Nothing that prints it shows it. After it is made it is only read by OpenSSL, which is why it is unchecked.
public final class RSAKey: @unchecked Sendable {
    let key: OpaquePointer

    /// Of a text in PEM, as key files of service accounts have it. One that a password protects is refused where none is given:
    /// nobody is there to be asked for it.
    public convenience init(pem text: String, password: String? = nil) throws(SigningError) {
        // What others left in this thread's queue would be taken for the reason.
        ERR_clear_error()
        let read = MemoryFile.read(Array(text.utf8)) { source -> OpaquePointer? in
            guard var password else { return PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil) }
            password.append("\0")
            return password.withUTF8 {
                PEM_read_bio_PrivateKey(source, nil, nil, UnsafeMutableRawPointer(mutating: $0.baseAddress))
            }
        }
        guard let key = read else { throw SigningError(ofOpenSSL: "this is no private key in PEM") }
        try self.init(owning: key)
    }

    /// Frees it in the end, also where it is refused.
    init(owning key: OpaquePointer) throws(SigningError) {
        guard EVP_PKEY_is_a(key, "RSA") == 1 else {
            EVP_PKEY_free(key)
            throw SigningError("this is no RSA key")
        }
        self.key = key
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256, which JSON web tokens call RS256.
    public func signature(of message: [UInt8]) throws(SigningError) -> [UInt8] {
        ERR_clear_error()
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        defer { EVP_MD_CTX_free(context) }
        var size = 0
        guard EVP_DigestSignInit_ex(context, nil, "SHA256", nil, nil, key, nil) == 1,
            EVP_DigestSign(context, nil, &size, message, message.count) == 1
        else { throw SigningError(ofOpenSSL: "OpenSSL cannot begin a signature") }
        var signature = [UInt8](repeating: 0, count: size)
        guard EVP_DigestSign(context, &signature, &size, message, message.count) == 1 else {
            throw SigningError(ofOpenSSL: "OpenSSL cannot sign")
        }
        return Array(signature.prefix(size))
    }

    deinit {
        EVP_PKEY_free(key)
    }
}

extension RSAKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "RSAKey(***)" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
