import Checksums
import HTTP

/// Checksums as blob storage calls them. Its CRC-64 is the one of NVMe, whose bytes begin with the lowest there.
enum AzureChecksums {
    static let verified: Set<Checksum.Algorithm> = [.md5, .crc64nvme]

    /// What goes with a body.
    static func add(_ checksum: Checksum, to headers: inout HTTPHeaders) {
        switch checksum.algorithm {
        case .crc64nvme: headers["x-ms-content-crc64"] = Base64.text(of: checksum.bytes.reversed())
        default: headers["Content-MD5"] = checksum.base64
        }
    }

    /// Those of the whole object. An answer with a range of it has that range's in the usual header, if any.
    static func stated(by headers: HTTPHeaders, isRange: Bool) -> [Checksum] {
        let text = headers["x-ms-blob-content-md5"] ?? (isRange ? nil : headers["Content-MD5"])
        return text.flatMap { Checksum(.md5, base64: $0) }.map { [$0] } ?? []
    }
}
