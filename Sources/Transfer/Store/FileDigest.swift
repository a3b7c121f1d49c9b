import Checksums
import Glibc
import Platform

/// The checksum of what is in a file already. With a copy that is cancelled its reading ends as well, with ECANCELED.
enum FileDigest {
    private static let step = 1 << 20

    /// This machine has no such digest: MD5 is missing where only FIPS algorithms are allowed.
    static let unavailable = SystemError(code: EOPNOTSUPP)

    /// Of a whole file, made as the one is made that a store states.
    static func checksum(
        like stated: StatedChecksum, of file: SharedDescriptor, size: Int
    ) throws(SystemError) -> Checksum? {
        let piece = stated.pieceSize ?? size
        var pieces: [Checksum] = []
        repeat {
            let start = pieces.count * piece
            pieces.append(try checksum(stated.algorithm, of: file, start..<min(start + piece, size)))
        } while pieces.count * piece < size
        return stated.checksum(of: pieces)
    }

    static func checksum(
        _ algorithm: Checksum.Algorithm, of file: SharedDescriptor, _ range: Range<Int>
    ) throws(SystemError) -> Checksum {
        var running: RunningChecksum
        do throws(ChecksumError) {
            running = try RunningChecksum(algorithm)
        } catch {
            throw unavailable
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(step, range.count), alignment: 4096)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            guard !Task.isCancelled else { throw SystemError(code: ECANCELED) }
            let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(range.upperBound - offset))
            let count = try file.file.read(into: wanted, at: offset)
            running.update(UnsafeRawBufferPointer(rebasing: wanted[..<count]))
            offset += count
            if count < wanted.count { break }
        }
        return running.finish()
    }
}
