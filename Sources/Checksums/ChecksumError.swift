/// This machine's OpenSSL does not offer an algorithm. MD5 is missing where only FIPS algorithms are allowed.
public struct ChecksumError: Error, Sendable, Equatable, CustomStringConvertible {
    public var algorithm: Checksum.Algorithm
    /// In OpenSSL's words.
    public var reason: String

    public init(_ algorithm: Checksum.Algorithm, reason: String) {
        self.algorithm = algorithm
        self.reason = reason
    }

    public var description: String {
        let hint = algorithm == .md5 ? "; a FIPS policy does that, and other checksums are not affected" : ""
        return "OpenSSL on this machine offers no \(algorithm.rawValue) (\(reason))\(hint)"
    }
}
