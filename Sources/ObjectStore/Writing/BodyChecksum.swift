public import Checksums

/// What a store verifies a body against on arrival.
public enum BodyChecksum: Sendable, Equatable {
    case known(Checksum)
    /// The store computes it before it sends the body, in the same reading in which it hashes it for a signature.
    case computed(Checksum.Algorithm)

    public var algorithm: Checksum.Algorithm {
        switch self {
        case .known(let checksum): checksum.algorithm
        case .computed(let algorithm): algorithm
        }
    }

    var known: Checksum? { if case .known(let checksum) = self { checksum } else { nil } }
    var computed: Checksum.Algorithm? { if case .computed(let algorithm) = self { algorithm } else { nil } }
}
