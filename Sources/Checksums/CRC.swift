import CShims

extension Checksum.Algorithm {
    var crc: shim_crc? {
        switch self {
        case .crc32: shim_crc32
        case .crc32c: shim_crc32c
        case .crc64nvme: shim_crc64nvme
        case .md5, .sha1, .sha256: nil
        }
    }

    /// Whether the checksum of a whole follows from those of its parts.
    public var isCombinable: Bool { crc != nil }
}

extension Checksum {
    init(_ algorithm: Algorithm, crc: UInt64) {
        self.init(algorithm, (0..<algorithm.size).reversed().map { UInt8(truncatingIfNeeded: crc >> (8 * $0)) })
    }

    var crc: UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}

/// The CRC of a whole from the CRCs and sizes of its parts, in order, without their bytes.
///
/// A part costs some microseconds when its size differs from that of the part before, and less than one otherwise.
public struct CombinedChecksum: Sendable {
    public let algorithm: Checksum.Algorithm
    /// Of all parts so far, in bytes.
    public private(set) var size = 0
    private let kind: shim_crc
    private var crc: UInt64 = 0
    /// What appending so many bytes stands for; parts usually have the same size.
    private var lastSize = 0
    private var lastFactor: UInt64 = 0

    /// Nothing for algorithms that are no CRC.
    public init?(_ algorithm: Checksum.Algorithm) {
        guard let kind = algorithm.crc else { return nil }
        self.algorithm = algorithm
        self.kind = kind
        lastFactor = shim_crc_appending(kind, 0)
    }

    /// The checksum has to be of this algorithm.
    public mutating func append(_ part: Checksum, size partSize: Int) {
        precondition(part.algorithm == algorithm && part.bytes.count == algorithm.size && partSize >= 0)
        if partSize != lastSize {
            lastSize = partSize
            lastFactor = shim_crc_appending(kind, UInt64(partSize))
        }
        crc = shim_crc_product(kind, crc, lastFactor) ^ part.crc
        size += partSize
    }

    public var checksum: Checksum { Checksum(algorithm, crc: crc) }

    /// Begins another whole, of parts like those before.
    public mutating func forget() { (size, crc) = (0, 0) }
}
