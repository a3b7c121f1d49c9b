/// A digest of an object's or a part's bytes, in the byte order that the algorithm's name stands for.
public struct Checksum: Sendable, Hashable {
    public enum Algorithm: String, Sendable, CaseIterable {
        case crc32, crc32c, crc64nvme, md5, sha256
    }

    public var algorithm: Algorithm
    public var bytes: [UInt8]

    public init(_ algorithm: Algorithm, _ bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }
}
