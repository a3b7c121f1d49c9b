import Glibc

/// What is known of a file, folder or link without opening it.
public struct FileEntry: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case file
        case folder
        case link
        /// A device, pipe or socket.
        case special
    }

    public var kind: Kind
    public var size: Int
    /// What it takes of the disk, in bytes: less than its size where it has holes.
    public var allocated: Int
    /// Permission bits, with set-id and sticky.
    public var mode: UInt32
    public var modified: FileTime
    /// When content or attributes changed last; nobody can set it back.
    public var changed: FileTime
    public var device: UInt64
    public var inode: UInt64
    public var owner: UInt32
    public var group: UInt32
    public var linkCount: Int

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .special
            }
        size = Int(status.st_size)
        allocated = Int(status.st_blocks) * 512
        mode = status.st_mode & 0o7777
        modified = FileTime(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
        changed = FileTime(seconds: status.st_ctim.tv_sec, nanoseconds: status.st_ctim.tv_nsec)
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        owner = status.st_uid
        group = status.st_gid
        linkCount = Int(status.st_nlink)
    }
}

/// Seconds and nanoseconds; `timespec` itself cannot be compared.
public struct FileTime: Sendable, Hashable {
    public var seconds: Int
    public var nanoseconds: Int

    public init(seconds: Int, nanoseconds: Int) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    var timespec: Glibc.timespec { .init(tv_sec: seconds, tv_nsec: nanoseconds) }
}

extension FileEntry {
    /// Of a link: whether root or this user has made it. In namespaces where root is nobody everybody's else are trusted: who
    /// started this process there has looked at the way before, and no more can be written to through it than this user may.
    public var isTrustedLink: Bool {
        owner == 0 || owner == geteuid() || (owner == OwnNamespaces.nobody && !OwnNamespaces.knowsRoot)
    }
}
