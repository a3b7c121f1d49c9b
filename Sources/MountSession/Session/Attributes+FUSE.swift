import CFuse
import Glibc
import MountFS
import Platform

extension stat {
    init(_ attributes: NodeAttributes) {
        self.init()
        let type =
            switch attributes.kind {
            case .file: Glibc.S_IFREG
            case .folder: Glibc.S_IFDIR
            case .link: Glibc.S_IFLNK
            case .special: Glibc.S_IFIFO
            }
        st_ino = UInt(attributes.node.number)
        st_mode = type | attributes.mode & 0o7777
        st_nlink = UInt(attributes.linkCount)
        st_uid = attributes.owner
        st_gid = attributes.group
        st_size = attributes.size
        st_blocks = (attributes.occupied + 511) / 512
        st_atim = timespec(attributes.accessed)
        st_mtim = timespec(attributes.modified)
        st_ctim = timespec(attributes.changed)
    }
}

extension fuse_entry_param {
    init(_ entry: Entry) {
        self.init()
        ino = entry.attributes.node.number
        attr = stat(entry.attributes)
        attr_timeout = entry.attributes.validity.seconds
        entry_timeout = entry.validity.seconds
    }

    init(_ lookup: Lookup) {
        switch lookup {
        case .found(let entry):
            self.init(entry)
        case .absent(let validity):
            // Node 0 says that there is none; ENOENT would not be remembered.
            self.init()
            entry_timeout = validity.seconds
        }
    }
}

extension statvfs {
    private static let block: UInt = 4096

    init(_ room: Room) {
        self.init()
        f_bsize = Self.block
        f_frsize = Self.block
        f_blocks = UInt(room.bytes) / Self.block
        f_bfree = UInt(room.freeBytes) / Self.block
        f_bavail = f_bfree
        f_files = UInt(room.nodes)
        f_ffree = UInt(room.freeNodes)
        f_favail = f_ffree
        f_namemax = UInt(room.longestName)
    }
}

extension timespec {
    init(_ time: FileTime) {
        self.init(tv_sec: time.seconds, tv_nsec: time.nanoseconds)
    }
}

extension FileTime {
    init(_ time: timespec) {
        self.init(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }
}

extension TimeSpan {
    var seconds: Double { Double(milliseconds) / 1000 }
}
