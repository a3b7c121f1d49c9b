/// A digest of an object's or a part's bytes. A CRC's bytes begin with the highest, as stores send it.
public struct Checksum: Sendable, Hashable {
    public enum Algorithm: String, Sendable, CaseIterable {
        case crc32, crc32c, crc64nvme, md5, sha1, sha256
    }

    public var algorithm: Algorithm
    public var bytes: [UInt8]

    public init(_ algorithm: Algorithm, _ bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// Of bytes that are all at hand.
    public init(_ algorithm: Algorithm, of bytes: UnsafeRawBufferPointer) throws(ChecksumError) {
        var running = try RunningChecksum(algorithm)
        running.update(bytes)
        self = running.finish()
    }

    public init(_ algorithm: Algorithm, of bytes: [UInt8]) throws(ChecksumError) {
        var running = try RunningChecksum(algorithm)
        running.update(bytes)
        self = running.finish()
    }
}

extension Checksum.Algorithm {
    /// In bytes.
    public var size: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64nvme: 8
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        }
    }
}

// MARK: As text

extension Checksum {
    /// As S3's `x-amz-checksum-…` headers, `Content-MD5` and GCS have it.
    public var base64: String { Base64.text(of: bytes) }

    /// As ETags have an MD5.
    public var hex: String { Hex.text(of: bytes) }

    /// Nothing for text that is no Base64 or of another length than the algorithm's.
    public init?(_ algorithm: Algorithm, base64 text: String) {
        guard let bytes = Base64.bytes(of: text), bytes.count == algorithm.size else { return nil }
        self.init(algorithm, bytes)
    }

    /// Of digits in either case; nothing for other text or another length than the algorithm's.
    public init?(_ algorithm: Algorithm, hex text: String) {
        guard let bytes = Hex.bytes(of: text), bytes.count == algorithm.size else { return nil }
        self.init(algorithm, bytes)
    }
}
