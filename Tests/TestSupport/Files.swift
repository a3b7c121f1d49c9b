import Glibc

/// Makes and changes single files for tests, under names of any bytes; an error ends the test.
public enum Files {
    public struct Failure: Error {
        public let call: String
        public let path: String
        public let code: Int32
    }

    public static func write(
        _ content: [UInt8], to path: ByteName, mode: UInt32 = 0o644, modified: (Int, Int)? = nil
    ) throws {
        let file = try check("open", path) { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600) }
        defer { close(file) }
        var done = 0
        while done < content.count {
            let count = content.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + done, content.count - done) }
            guard count > 0 else { throw Failure(call: "write", path: text(path), code: errno) }
            done += count
        }
        fchmod(file, mode)
        if let modified { try setModified(path, modified) }
    }

    public static func write(_ text: String, to path: String, mode: UInt32 = 0o644, modified: (Int, Int)? = nil) throws
    {
        try write(Array(text.utf8), to: Array(path.utf8), mode: mode, modified: modified)
    }

    public static func makeFolder(_ path: ByteName, mode: UInt32 = 0o755) throws {
        try check("mkdir", path) { mkdir($0, 0o700) }
        try setMode(path, mode)
    }

    public static func makeFolder(_ path: String, mode: UInt32 = 0o755) throws {
        try makeFolder(Array(path.utf8), mode: mode)
    }

    /// Folders inside of one another, below one that is there, and a file `f` in the innermost: name by name, so that the whole
    /// path may be longer than the kernel takes at once.
    public static func makeDeep(_ names: [ByteName], below root: String, file content: String) throws {
        var folder = try check("open", ByteName(root.utf8)) { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { close(folder) }
        for name in names {
            try check("mkdirat", name) { mkdirat(folder, $0, 0o755) }
            let next = try check("openat", name) { openat(folder, $0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
            close(folder)
            folder = next
        }
        let file = try check("openat", [UInt8(ascii: "f")]) {
            openat(folder, $0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        }
        defer { close(file) }
        guard Glibc.write(file, content, content.utf8.count) == content.utf8.count else {
            throw Failure(call: "write", path: "f", code: errno)
        }
    }

    /// A second name of a file.
    public static func makeHardLink(_ path: String, to other: String) throws {
        try check("link", Array(path.utf8)) { link(other, $0) }
    }

    public static func makeLink(_ path: ByteName, to target: ByteName) throws {
        try check("symlink", path) { path in symlink(target.map { CChar(bitPattern: $0) } + [0], path) }
    }

    public static func makeLink(_ path: String, to target: String) throws {
        try makeLink(Array(path.utf8), to: Array(target.utf8))
    }

    public static func makePipe(_ path: String) throws {
        try check("mkfifo", Array(path.utf8)) { mkfifo($0, 0o644) }
    }

    public static func setMode(_ path: ByteName, _ mode: UInt32) throws {
        try check("chmod", path) { chmod($0, mode) }
    }

    public static func setMode(_ path: String, _ mode: UInt32) throws { try setMode(Array(path.utf8), mode) }

    /// Also of a link itself.
    public static func setModified(_ path: ByteName, _ time: (Int, Int)) throws {
        let times = [timespec(tv_sec: time.0, tv_nsec: time.1), timespec(tv_sec: time.0, tv_nsec: time.1)]
        try check("utimensat", path) { utimensat(AT_FDCWD, $0, times, AT_SYMLINK_NOFOLLOW) }
    }

    public static func setModified(_ path: String, _ time: (Int, Int)) throws {
        try setModified(Array(path.utf8), time)
    }

    public static func setOwner(_ path: String, _ user: UInt32) throws {
        try check("lchown", Array(path.utf8)) { lchown($0, user, user) }
    }

    public static func remove(_ path: String) throws {
        try check("unlink", Array(path.utf8)) { Glibc.remove($0) }
    }

    /// Removes a folder and all that is in it, as far as it can. Names may be any bytes.
    public static func removeTree(_ path: String) {
        removeTree(path.utf8.map { CChar(bitPattern: $0) } + [0], in: AT_FDCWD)
    }

    private static func removeTree(_ name: [CChar], in folder: Int32) {
        if unlinkat(folder, name, 0) == 0 { return }
        let below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard let stream = fdopendir(below) else { return }
        while let entry = readdir(stream) {
            let start = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
            let text = start.assumingMemoryBound(to: CChar.self)
            let child = Array(UnsafeBufferPointer(start: text, count: strlen(text) + 1))
            if child != [46, 0] && child != [46, 46, 0] { removeTree(child, in: dirfd(stream)) }
        }
        closedir(stream)
        unlinkat(folder, name, AT_REMOVEDIR)
    }

    public static func rename(_ path: String, to target: String) throws {
        try check("rename", Array(path.utf8)) { Glibc.rename($0, target) }
    }

    /// Whether there is something, also a link that leads nowhere.
    public static func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    public static func mode(of path: String) -> UInt32? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    private static func text(_ path: ByteName) -> String { String(decoding: path, as: UTF8.self) }

    @discardableResult
    private static func check(
        _ call: String, _ path: ByteName, _ body: (UnsafePointer<CChar>) -> Int32
    ) throws -> Int32 {
        let result = (path.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { body($0.baseAddress!) }
        guard result >= 0 else { throw Failure(call: call, path: text(path), code: errno) }
        return result
    }
}
