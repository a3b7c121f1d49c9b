/// SHA-256 where it is a means to something else, such as a signature, and no checksum of an object.
///
/// It is in every build of OpenSSL and allowed by every policy. An OpenSSL without it, which only a broken configuration
/// makes, has no TLS either; the program ends then.
public enum SHA256 {
    public static let size = 32
    /// What the function takes at a step, which HMAC is built around.
    public static let blockSize = 64

    public static func digest(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { digest($0) }
    }

    public static func digest(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        guard case .success(let function) = HashFunction.sha256 else {
            // Nothing can be signed or compared then, whatever is asked for; so it is no error of a request.
            fatalError("OpenSSL on this machine offers no SHA-256; see its configuration, openssl.cnf")
        }
        var digest = MessageDigest(function)
        digest.update(bytes)
        return digest.finish()
    }
}
