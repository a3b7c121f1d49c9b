import Checksums
import Platform

/// The checksum of a file that is there already.
enum FileDigest {
    private static let step = 1 << 20

    /// To compare with what a store states; nothing where the file is not as large as that says.
    static func checksum(like stated: StatedChecksum, of file: SharedDescriptor) throws(SystemError) -> Checksum? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: step, alignment: 4096)
        defer { buffer.deallocate() }
        var pieces: [Checksum] = []
        var offset = 0
        var isAtEnd = false
        while !isAtEnd {
            let end = stated.pieceSize.map { offset + $0 } ?? .max
            var running = try begin(stated.algorithm)
            let start = offset
            while offset < end, !isAtEnd {
                let wanted = min(step, end - offset)
                let count = try file.file.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: offset)
                running.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                offset += count
                isAtEnd = count < wanted
            }
            let piece = running.finish()
            // What ends where a piece does has no empty one behind.
            if offset > start || pieces.isEmpty { pieces.append(piece) }
        }
        return stated.checksum(of: pieces)
    }

    private static func begin(_ algorithm: Checksum.Algorithm) throws(SystemError) -> RunningChecksum {
        do throws(ChecksumError) {
            return try RunningChecksum(algorithm)
        } catch {
            throw SystemError(code: 95)
        }
    }
}
