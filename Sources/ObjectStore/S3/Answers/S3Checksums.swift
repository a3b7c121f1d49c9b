import Checksums
import HTTP

/// Checksums as S3 calls them.
enum S3Checksums {
    /// The cheapest first; an MD5 travels in a header of its own.
    static let algorithms: [Checksum.Algorithm] = [.crc64nvme, .crc32c, .crc32, .sha256, .sha1]

    static func name(_ algorithm: Checksum.Algorithm) -> String { algorithm.rawValue.uppercased() }

    static func header(_ algorithm: Checksum.Algorithm) -> String {
        headers[algorithm] ?? "x-amz-checksum-" + algorithm.rawValue
    }

    private static let headers = Dictionary(
        uniqueKeysWithValues: Checksum.Algorithm.allCases.map { ($0, "x-amz-checksum-" + $0.rawValue) })

    /// In the documents that begin and end an upload.
    static func element(_ algorithm: Checksum.Algorithm) -> String { "Checksum" + name(algorithm) }

    /// What goes with a body.
    static func add(_ checksum: Checksum, to headers: inout HTTPHeaders) {
        if checksum.algorithm == .md5 {
            headers["Content-MD5"] = checksum.base64
        } else {
            headers[header(checksum.algorithm)] = checksum.base64
            headers["x-amz-sdk-checksum-algorithm"] = name(checksum.algorithm)
        }
    }

    /// Those of the whole object.
    static func stated(by headers: HTTPHeaders) -> [Checksum] {
        guard headers["x-amz-checksum-type"] != "COMPOSITE" else { return [] }
        return algorithms.compactMap { algorithm in
            headers[header(algorithm)].flatMap { Checksum(algorithm, base64: $0) }
        }
    }

    /// Those of the parts that it was uploaded in.
    static func composites(by headers: HTTPHeaders) -> [CompositeChecksum] {
        algorithms.compactMap { algorithm in
            headers[header(algorithm)].flatMap { text in
                CompositeChecksum(text) { Checksum(algorithm, base64: $0) }
            }
        }
    }
}
