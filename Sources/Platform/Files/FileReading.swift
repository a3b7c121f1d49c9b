import Glibc

/// Reads small files whole: task files, settings, secrets.
public enum FileReading {
    /// The same of a plain file only: somebody else has chosen the name, and a pipe could keep us waiting for ever.
    public static func bytes(ofPlainFile path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let file = try OwnedDescriptor.open(RawPath(path), FileFlags.readWithoutWaiting)
        guard try file.entry().kind == .file else { throw SystemError(code: EINVAL) }
        return try bytes(from: file.raw, limit: limit)
    }

    /// At most one byte more than `limit`, so that the caller sees that there is more.
    public static func bytes(of path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError() }
        defer { close(descriptor) }
        return try bytes(from: descriptor, limit: limit)
    }

    public static func bytesOfStandardInput(limit: Int) throws(SystemError) -> [UInt8] {
        try bytes(from: STDIN_FILENO, limit: limit)
    }

    public static func bytes(from descriptor: Int32, limit: Int) throws(SystemError) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(64 << 10, limit + 1))
        while content.count <= limit {
            let count = read(descriptor, &chunk, min(chunk.count, limit + 1 - content.count))
            if count > 0 {
                content += chunk[..<count]
            } else if count == 0 {
                break
            } else if errno != EINTR {
                throw SystemError()
            }
        }
        return content
    }
}
