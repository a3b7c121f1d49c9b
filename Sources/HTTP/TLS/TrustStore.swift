import CCurl
import Glibc

/// Where the authorities are that connections believe by themselves, for people who look for what is missing.
public enum TrustStore {
    /// The places that are asked, as they are named by the environment or were built in.
    public static var places: [String] {
        let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].compactMap { (name: String) -> String? in
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        guard named.isEmpty else { return named }
        return [ccurl_version().pointee.cainfo, ccurl_version().pointee.capath].compactMap { place in
            place.map { String(cString: $0) }
        }
    }
}
