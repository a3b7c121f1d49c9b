import CShims

/// A checksum of bytes that come in pieces, in order.
public struct RunningChecksum: ~Copyable, Sendable {
    public let algorithm: Checksum.Algorithm
    private let kind: shim_crc?
    private var crc: UInt64 = 0
    private var digest: MessageDigest?

    /// Only digests can fail; CRCs are our own.
    public init(_ algorithm: Checksum.Algorithm) throws(ChecksumError) {
        self.algorithm = algorithm
        kind = algorithm.crc
        digest = kind == nil ? try MessageDigest(HashFunction.named(algorithm)) : nil
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if let kind {
            crc = shim_crc_update(kind, crc, bytes.baseAddress, bytes.count)
        } else {
            digest?.update(bytes)
        }
    }

    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    public consuming func finish() -> Checksum {
        let algorithm = algorithm
        guard let digest = digest.take() else { return Checksum(algorithm, crc: crc) }
        return Checksum(algorithm, digest.finish())
    }
}

extension Checksum.Algorithm {
    /// Whether this machine has it: MD5 is missing where only algorithms of a FIPS policy are allowed.
    public var isAvailable: Bool {
        guard !isCombinable else { return true }
        do throws(ChecksumError) {
            _ = try HashFunction.named(self)
            return true
        } catch {
            return false
        }
    }
}
