import Checksums
import Platform

/// The checksum of a file that is there already.
enum FileDigest {
    private static let step = 1 << 20

    static func checksum(_ algorithm: Checksum.Algorithm, of file: SharedDescriptor) throws(SystemError) -> Checksum {
        var running: RunningChecksum
        do throws(ChecksumError) {
            running = try RunningChecksum(algorithm)
        } catch {
            throw SystemError(code: 95)
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: step, alignment: 4096)
        defer { buffer.deallocate() }
        var offset = 0
        while true {
            let count = try file.file.read(into: buffer, at: offset)
            running.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += count
            if count < step { return running.finish() }
        }
    }
}
