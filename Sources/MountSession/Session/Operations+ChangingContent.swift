import CFuse
import Glibc
import MountFS
import Platform

extension fuse_lowlevel_ops {
    mutating func addChangingContent() {
        write = { request, node, bytes, count, offset, file in
            Session.change(request) { files, exchange in
                files.write(
                    UnsafeRawBufferPointer(start: bytes, count: count), at: offset, of: NodeID(node),
                    HandleID(of: file!), exchange.reply { fuse_reply_write($0, $1) })
            }
        }
        fallocate = { request, node, mode, offset, count, file in
            Session.change(request) { files, exchange in
                files.reserve(
                    count, at: offset, of: NodeID(node), HandleID(of: file!), mode: mode, exchange.doneReply)
            }
        }
        flush = { request, node, file in
            Session.change(request) { files, exchange in
                files.flush(
                    NodeID(node), HandleID(of: file!), by: Caller(closing: request!), exchange.doneReply)
            }
        }
        fsync = { request, node, _, file in
            Session.change(request) { files, exchange in
                files.synchronize(NodeID(node), HandleID(of: file!), exchange.doneReply)
            }
        }
        setattr = { request, node, attributes, set, file in
            Session.change(request) { files, exchange in
                files.change(
                    AttributeChanges(attributes!.pointee, set), of: NodeID(node),
                    file.map { HandleID(of: $0) }, exchange.attributesReply)
            }
        }
    }
}

extension AttributeChanges {
    fileprivate init(_ attributes: stat, _ set: Int32) {
        self.init()
        func isSet(_ flag: Int32) -> Bool { set & flag != 0 }
        if isSet(FUSE_SET_ATTR_MODE) { mode = attributes.st_mode & 0o7777 }
        if isSet(FUSE_SET_ATTR_UID) { owner = attributes.st_uid }
        if isSet(FUSE_SET_ATTR_GID) { group = attributes.st_gid }
        if isSet(FUSE_SET_ATTR_SIZE) { size = attributes.st_size }
        if isSet(FUSE_SET_ATTR_ATIME) { accessed = .at(FileTime(attributes.st_atim)) }
        if isSet(FUSE_SET_ATTR_MTIME) { modified = .at(FileTime(attributes.st_mtim)) }
        if isSet(FUSE_SET_ATTR_ATIME_NOW) { accessed = .now }
        if isSet(FUSE_SET_ATTR_MTIME_NOW) { modified = .now }
    }
}
