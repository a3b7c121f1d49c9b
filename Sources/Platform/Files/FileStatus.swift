import Glibc

/// What is at a path.
public enum FileStatus {
    /// Follows links.
    public static func isThere(_ path: String) throws(SystemError) -> Bool {
        var status = stat()
        if stat(path, &status) == 0 { return true }
        let error = SystemError()
        if error.code == ENOENT || error.code == ENOTDIR { return false }
        throw error
    }

    /// The path without links on the way or at the end.
    public static func realPath(_ path: RawPath) throws(SystemError) -> RawPath {
        guard let real = try path.withCString({ realpath($0, nil) }) else { throw SystemError() }
        defer { free(real) }
        return RawPath(UnsafeBufferPointer(start: real, count: strlen(real)).lazy.map { UInt8(bitPattern: $0) })
    }

    /// The names in a folder, without `.` and `..`; none when it cannot be read.
    public static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
