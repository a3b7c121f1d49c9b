import COpenSSL
import Checksums

/// Keyed hashes of RFC 2104 with SHA-256 for one key. Half of the work is done once when the key is known; after that a
/// code costs a third of a microsecond. For one thread at a time.
public final class HMAC {
    private let context: OpaquePointer

    public init(key: [UInt8]) {
        guard let hmac = Self.function.pointer else {
            // Nothing can be signed then, whatever is asked for; so it is no error of a request.
            fatalError("OpenSSL on this machine offers no HMAC; see its configuration, openssl.cnf")
        }
        guard let context = EVP_MAC_CTX_new(hmac) else { preconditionFailure("out of memory") }
        self.context = context
        let started = shim_hmac_sha256_start(context, key, key.count)
        precondition(started == 1, "OpenSSL cannot start an HMAC")
    }

    public func code(of message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: SHA256.size) { buffer, count in
            let isMade =
                EVP_MAC_update(context, message, message.count) == 1
                && EVP_MAC_final(context, buffer.baseAddress, &count, buffer.count) == 1
                // Ready for the next message.
                && EVP_MAC_init(context, nil, 0, nil) == 1
            precondition(isMade, "OpenSSL cannot make an HMAC")
        }
    }

    public static func sha256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        HMAC(key: key).code(of: message)
    }

    deinit {
        EVP_MAC_CTX_free(context)
    }

    /// Fetched once, never freed, and read only by OpenSSL, which is why it is unchecked.
    private struct Function: @unchecked Sendable {
        let pointer: OpaquePointer?
    }

    private static let function = Function(pointer: EVP_MAC_fetch(nil, "HMAC", nil))
}
