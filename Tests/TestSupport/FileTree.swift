import Glibc

/// A path or name as bytes, for names that no String can hold.
public typealias ByteName = [UInt8]

/// What is in a folder, at any depth, as a test compares it: names as bytes, content, modes, times and links.
public struct FileTree: Equatable {
    public enum Content: Equatable {
        case file([UInt8])
        case folder
        case link(to: ByteName)
        case special
    }

    public struct Node: Equatable {
        public var content: Content
        public var mode: UInt32
        /// Seconds and nanoseconds; those of a link are its own.
        public var modified: [Int]
    }

    /// By path below the folder; the folder itself is the empty path.
    public var nodes: [ByteName: Node] = [:]
    /// Not part of the comparison of two trees.
    public private(set) var inodes: [ByteName: UInt64] = [:]

    public static func == (left: FileTree, right: FileTree) -> Bool { left.nodes == right.nodes }

    public init(_ path: String) {
        let root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { return }
        defer { close(root) }
        add(root, at: [])
    }

    /// The tree without its root's own mode and time: of a folder that was there before.
    public var below: [ByteName: Node] { nodes.filter { !$0.key.isEmpty } }

    public var names: Set<String> { Set(nodes.keys.filter { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) }) }

    /// Where the two differ, readable; empty when they are equal.
    public func differences(from other: FileTree) -> [String] {
        Set(nodes.keys).union(other.nodes.keys).filter { nodes[$0] != other.nodes[$0] }
            .map { "\(String(decoding: $0, as: UTF8.self)): \(Self.text(nodes[$0])), \(Self.text(other.nodes[$0]))" }
            .sorted()
    }

    private static func text(_ node: Node?) -> String {
        guard let node else { return "absent" }
        let content =
            if case .file(let bytes) = node.content { "file of \(bytes.count) bytes" } else { "\(node.content)" }
        return "\(content) \(String(node.mode, radix: 8)) \(node.modified)"
    }

    private mutating func add(_ folder: Int32, at path: ByteName) {
        var status = stat()
        guard fstat(folder, &status) == 0 else { return }
        note(path, .folder, status)
        for name in Self.names(in: folder) {
            let child = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
            let cName = name.map { CChar(bitPattern: $0) } + [0]
            guard fstatat(folder, cName, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                let below = openat(folder, cName, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                guard below >= 0 else { continue }
                defer { close(below) }
                add(below, at: child)
            case S_IFLNK: note(child, .link(to: Self.target(of: cName, in: folder)), status)
            case S_IFREG: note(child, .file(Self.bytes(of: cName, in: folder)), status)
            default: note(child, .special, status)
            }
        }
    }

    private mutating func note(_ path: ByteName, _ content: Content, _ status: stat) {
        let modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        nodes[path] = Node(content: content, mode: status.st_mode & 0o7777, modified: modified)
        inodes[path] = UInt64(status.st_ino)
    }

    private static func names(in folder: Int32) -> [ByteName] {
        guard let stream = fdopendir(openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) else { return [] }
        defer { closedir(stream) }
        var names: [ByteName] = []
        while let entry = readdir(stream) {
            let start = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
            let name = ByteName(
                UnsafeRawBufferPointer(start: start, count: strlen(start.assumingMemoryBound(to: CChar.self))))
            if name != ByteName(".".utf8) && name != ByteName("..".utf8) { names.append(name) }
        }
        return names
    }

    private static func target(of name: [CChar], in folder: Int32) -> ByteName {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(folder, name, &buffer, buffer.count)
        return buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    }

    private static func bytes(of name: [CChar], in folder: Int32) -> [UInt8] {
        let file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file, &chunk, chunk.count)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }
}
