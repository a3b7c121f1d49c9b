import CFuse
import CShims
import Glibc
import MountFS

extension fuse_lowlevel_ops {
    mutating func addFolders() {
        opendir = { request, node, _ in
            Session.serve(request) { files, exchange in
                files.openFolder(NodeID(node), exchange.openReply(shim_fuse_open.init(folder:)))
            }
        }
        readdir = { request, node, room, position, file in
            Session.readFolder(request, node, room, position, file, isDetailed: false)
        }
        readdirplus = { request, node, room, position, file in
            Session.readFolder(request, node, room, position, file, isDetailed: true)
        }
        releasedir = { request, node, file in
            Session.change(request) { files, exchange in
                files.releaseFolder(NodeID(node), HandleID(of: file!))
                exchange.doneReply.answer(())
            }
        }
        fsyncdir = { request, node, _, file in
            Session.change(request) { files, exchange in
                files.synchronizeFolder(NodeID(node), HandleID(of: file!), exchange.doneReply)
            }
        }
    }
}

extension Session {
    fileprivate static func readFolder(
        _ request: fuse_req_t?, _ node: fuse_ino_t, _ room: Int, _ position: off_t,
        _ file: UnsafeMutablePointer<fuse_file_info>?, isDetailed: Bool
    ) {
        serve(request) { files, exchange in
            let page = PackedPage(room: room, isDetailed: isDetailed)
            files.readFolder(
                NodeID(node), HandleID(of: file!), after: UInt64(bitPattern: Int64(position)), into: page,
                exchange.reply { request, _ in page.send(to: request) })
        }
    }
}

/// Names as the kernel wants them, one behind the other. Unchecked, since it is one thread's at a time: that of the
/// callback, then that of whoever has been given it.
private final class PackedPage: FolderPage, @unchecked Sendable {
    let isDetailed: Bool
    private let room: UnsafeMutableRawBufferPointer
    private var used = 0

    init(room: Int, isDetailed: Bool) {
        self.isDetailed = isDetailed
        self.room = .allocate(byteCount: room, alignment: 8)
    }

    deinit {
        room.deallocate()
    }

    func add(_ name: UnsafeRawBufferPointer, _ entry: Entry, position: UInt64) -> Bool {
        let free = room.count - used
        let rest = room.baseAddress! + used
        let next = off_t(truncatingIfNeeded: position)
        let needed = withUnsafeTemporaryAllocation(byteCount: name.count + 1, alignment: 1) { text in
            text.copyMemory(from: name)
            text[name.count] = 0
            let text = text.baseAddress!.assumingMemoryBound(to: CChar.self)
            if isDetailed {
                var parameters = fuse_entry_param(entry)
                return fuse_add_direntry_plus(nil, rest, free, text, &parameters, next)
            }
            var status = stat(entry.attributes)
            return fuse_add_direntry(nil, rest, free, text, &status, next)
        }
        guard needed <= free else { return false }
        used += needed
        return true
    }

    func send(to request: fuse_req_t) -> Int32 {
        fuse_reply_buf(request, room.baseAddress, used)
    }
}
