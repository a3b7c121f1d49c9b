import CShims
import Glibc
import Platform

/// What a session is to do, in bytes that only its file system understands: they go through a pipe, since everybody may
/// look at arguments and environments.
enum SessionOrder {
    /// What a pipe takes without anybody reading, as any user may have it.
    static let limit = (1 << 20) - prefix
    private static let prefix = MemoryLayout<UInt64>.size

    /// Never waits.
    static func write(_ configuration: [UInt8], to pipe: Int32) throws(SystemError) {
        guard configuration.count <= limit else { throw SystemError(code: E2BIG) }
        let count = prefix + configuration.count
        if count > 64 << 10 { try SystemError.check { shim_make_pipe_room(pipe, Int32(count)) } }
        let bytes = withUnsafeBytes(of: UInt64(configuration.count)) { Array($0) } + configuration
        var done = 0
        while done < count {
            done += try SystemError.check { Glibc.write(pipe, Array(bytes[done...]), count - done) }
        }
    }

    static func read(from pipe: Int32) throws(SystemError) -> [UInt8] {
        let length = try read(prefix, from: pipe).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        guard length <= limit else { throw SystemError(code: EPROTO) }
        return try read(Int(length), from: pipe)
    }

    private static func read(_ count: Int, from pipe: Int32) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var chunk = [UInt8](repeating: 0, count: count - bytes.count)
            let got = try SystemError.check { Glibc.read(pipe, &chunk, chunk.count) }
            guard got > 0 else { throw SystemError(code: EPIPE) }
            bytes += chunk[..<got]
        }
        return bytes
    }
}
