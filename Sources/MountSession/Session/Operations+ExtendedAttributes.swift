import CFuse
import Glibc
import MountFS
import Platform

extension fuse_lowlevel_ops {
    mutating func addExtendedAttributes() {
        getxattr = { request, node, name, room in
            Session.serve(request) { files, exchange in
                files.extendedAttribute(
                    UnsafeRawBufferPointer(text: name!), of: NodeID(node), exchange.sizedReply(room))
            }
        }
        listxattr = { request, node, room in
            Session.serve(request) { files, exchange in
                let reply = exchange.sizedReply(room)
                files.extendedAttributeNames(of: NodeID(node), reply.map { names in names.flatMap { $0 + [0] } })
            }
        }
        setxattr = { request, node, name, value, count, flags in
            Session.change(request) { files, exchange in
                let replacing: Replacing =
                    switch flags {
                    case Session.mustBeNew: .forbidden
                    case Session.mustBeThere: .required
                    default: .allowed
                    }
                files.setExtendedAttribute(
                    UnsafeRawBufferPointer(text: name!), to: UnsafeRawBufferPointer(start: value, count: count),
                    of: NodeID(node), replacing, exchange.doneReply)
            }
        }
        removexattr = { request, node, name in
            Session.change(request) { files, exchange in
                files.removeExtendedAttribute(
                    UnsafeRawBufferPointer(text: name!), of: NodeID(node), exchange.doneReply)
            }
        }
    }
}

extension Session {
    /// XATTR_CREATE and XATTR_REPLACE.
    fileprivate static let mustBeNew: Int32 = 1
    fileprivate static let mustBeThere: Int32 = 2
}

extension Exchange {
    /// Programs ask for the size first, with no room at all.
    fileprivate func sizedReply(_ room: Int) -> Reply<[UInt8]> {
        reply { request, bytes in
            if room == 0 { return fuse_reply_xattr(request, bytes.count) }
            if bytes.count > room { return fuse_reply_err(request, ERANGE) }
            return bytes.withUnsafeBytes { fuse_reply_buf(request, $0.baseAddress, $0.count) }
        }
    }
}
