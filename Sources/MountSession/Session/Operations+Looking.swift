import CFuse
import Glibc
import MountFS

extension fuse_lowlevel_ops {
    mutating func addLooking() {
        lookup = { request, folder, name in
            Session.serve(request) { files, exchange in
                files.lookUp(UnsafeRawBufferPointer(text: name!), in: NodeID(folder), exchange.lookupReply)
            }
        }
        forget = { request, node, count in
            Session.forget(request, [fuse_forget_data(ino: node, nlookup: count)])
        }
        forget_multi = { request, count, forgets in
            Session.forget(request, UnsafeBufferPointer(start: forgets, count: count))
        }
        getattr = { request, node, file in
            Session.serve(request) { files, exchange in
                files.attributes(of: NodeID(node), file.map { HandleID(of: $0) }, exchange.attributesReply)
            }
        }
        readlink = { request, node in
            Session.serve(request) { files, exchange in
                files.target(ofLink: NodeID(node), exchange.bytesReply)
            }
        }
        statfs = { request, _ in
            Session.serve(request) { files, exchange in
                files.room(
                    exchange.reply { request, room in
                        var status = statvfs(room)
                        return fuse_reply_statfs(request, &status)
                    })
            }
        }
    }
}

extension Session {
    fileprivate static func forget(_ request: fuse_req_t?, _ forgets: some Sequence<fuse_forget_data>) {
        serve(request, isInterruptible: false) { files, exchange in
            for forget in forgets { files.forget(NodeID(forget.ino), count: forget.nlookup) }
            exchange.end()
        }
    }
}

extension Exchange {
    var lookupReply: Reply<Lookup> {
        reply { request, lookup in
            var parameters = fuse_entry_param(lookup)
            return fuse_reply_entry(request, &parameters)
        }
    }

    var attributesReply: Reply<NodeAttributes> {
        reply { request, attributes in
            var status = stat(attributes)
            return fuse_reply_attr(request, &status, attributes.validity.seconds)
        }
    }

    var bytesReply: Reply<[UInt8]> {
        reply { request, bytes in
            bytes.withUnsafeBytes { fuse_reply_buf(request, $0.baseAddress, $0.count) }
        }
    }

    var doneReply: Reply<Void> {
        reply { request, _ in fuse_reply_err(request, 0) }
    }
}
