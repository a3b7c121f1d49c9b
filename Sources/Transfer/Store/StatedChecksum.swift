import Checksums
import ObjectStore

/// What a store says of an object's bytes that those which came can be compared with.
enum StatedChecksum: Sendable, Equatable {
    case ofWhole(Checksum)
    /// Of the parts that it was uploaded in, all of which have this size, but for the last.
    case ofParts(CompositeChecksum, size: Int)

    var checksum: Checksum {
        switch self {
        case .ofWhole(let checksum): checksum
        case .ofParts(let composite, _): composite.checksum
        }
    }

    var algorithm: Checksum.Algorithm { checksum.algorithm }

    /// How large the pieces are whose checksums it is made of; nothing: it is of the whole.
    var pieceSize: Int? {
        if case .ofParts(_, let size) = self { size } else { nil }
    }

    /// What it has to be when the object's pieces have these; nothing for another number of pieces. Who has those has the algorithm.
    func checksum(of pieces: [Checksum]) -> Checksum? {
        switch self {
        case .ofWhole: pieces.count == 1 ? pieces[0] : nil
        case .ofParts: try? CompositeChecksum.checksum(of: pieces, algorithm)
        }
    }

    /// How large parts have to be for it to follow from theirs, at most as large as usual; nothing where it does not.
    func partSize(usual: Int) -> Int? {
        guard algorithm.isCombinable else { return nil }
        guard let pieceSize else { return usual }
        // Several to a piece, but none so small that requests cost more than bytes.
        let fewest = max(1, (pieceSize + usual - 1) / usual)
        return (fewest...2 * fewest + 8).lazy.filter { pieceSize % $0 == 0 }.map { pieceSize / $0 }
            .first { $0 >= usual / 8 }
    }
}
