import CCurl
import COpenSSL
import Glibc

/// The system's certificate authorities, read once for the process and shared by all its connections: reading them costs
/// 15 ms of CPU, and curl by itself would do that for every connection.
///
/// They are those of `SSL_CERT_FILE` and `SSL_CERT_DIR` when the environment names them, else the bundle that curl was
/// built for together with OpenSSL's own default places. Unchecked, since OpenSSL counts references to a store and locks
/// it by itself.
struct SystemAuthorities: @unchecked Sendable {
    private let store: OpaquePointer

    static let shared = SystemAuthorities()

    private init() {
        guard let store = X509_STORE_new() else { preconditionFailure("out of memory") }
        self.store = store
        if getenv("SSL_CERT_FILE") == nil, getenv("SSL_CERT_DIR") == nil, let bundle = Self.bundle {
            X509_STORE_load_file(store, bundle)
        }
        // A folder of hashed names is looked into when a certificate is wanted, so it costs nothing here.
        X509_STORE_set_default_paths(store)
        // As curl does: what is in the store is believed, though its own issuer is not there.
        X509_STORE_set_flags(store, UInt(X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN))
        // Whatever was not readable left its errors behind, which OpenSSL's next caller would take for its own.
        ERR_clear_error()
    }

    /// Makes a new connection's context believe them.
    func install(into context: UnsafeMutableRawPointer) {
        SSL_CTX_set1_cert_store(OpaquePointer(context), store)
    }

    private static var bundle: UnsafePointer<CChar>? {
        ccurl_version().pointee.cainfo
    }

    /// Whether curl uses the very OpenSSL that we do, so that what it hands us is what we take it for.
    static let areUsable: Bool = {
        guard let library = ccurl_version().pointee.ssl_version, let own = OpenSSL_version(OPENSSL_VERSION_STRING)
        else { return false }
        return String(cString: library) == "OpenSSL/" + String(cString: own)
    }()
}
