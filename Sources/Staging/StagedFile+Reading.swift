import Glibc
public import JSON
public import Platform
import Synchronization

/// How programs see the file as it is now.
extension StagedFile {
    public struct Bytes: Sendable {
        /// So many; fewer than were wanted only at the end of the file.
        public let count: Int
        /// What is missing of them still, and the object that has it.
        public let ofBase: [Range<Int>]
        public let base: JSONValue?
    }

    /// Brings what is on the disk, and zeros, to memory; the rest is for the caller to fetch, as long as the base is this one.
    public func read(_ memory: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Bytes {
        try with { contents throws(SystemError) in
            let image = contents.state.image
            let end = min(image.size, offset + memory.count)
            guard offset < end else { return Bytes(count: 0, ofBase: [], base: nil) }
            var ofBase: [Range<Int>] = []
            for piece in image.pieces(in: offset..<end) {
                let target = UnsafeMutableRawBufferPointer(
                    rebasing: memory[piece.range.lowerBound - offset..<piece.range.upperBound - offset])
                switch piece.origin {
                case .here: try Self.read(data.file, into: target, at: piece.range.lowerBound)
                case .base: ofBase.append(piece.range)
                case .sent: throw .ioError
                case .zeros: memset(target.baseAddress!, 0, target.count)
                }
            }
            return Bytes(count: end - offset, ofBase: ofBase, base: contents.state.base)
        }
    }
}
