import CFuse
import CShims
import Glibc
import MountFS
import Platform

extension fuse_lowlevel_ops {
    mutating func addReading() {
        open = { request, node, file in
            Session.serve(request) { files, exchange in
                let access = Access(flags: file!.pointee.flags)
                let caller = access.onlyReads ? Caller(request!) : Caller(opening: request!)
                files.open(NodeID(node), access, by: caller, exchange.openReply(exchange.flags(of:)))
            }
        }
        read = { request, node, count, offset, file in
            Session.serve(request) { files, exchange in
                files.read(
                    count, at: offset, of: NodeID(node), HandleID(file!.pointee.fh), exchange.contentReply)
            }
        }
        release = { request, node, file in
            Session.change(request) { files, exchange in
                files.release(NodeID(node), HandleID(file!.pointee.fh))
                exchange.doneReply.answer(())
            }
        }
        lseek = { request, node, offset, whence, file in
            Session.serve(request) { files, exchange in
                let sought: Sought? =
                    switch whence {
                    case Session.seekData: .data
                    case Session.seekHole: .hole
                    default: nil
                    }
                guard let sought else { return _ = exchange.fail(SystemError(code: EINVAL)) }
                files.seek(
                    sought, from: offset, of: NodeID(node), HandleID(file!.pointee.fh),
                    exchange.reply { fuse_reply_lseek($0, $1) })
            }
        }
    }
}

extension Session {
    /// SEEK_DATA and SEEK_HOLE, of which Glibc's module knows nothing.
    fileprivate static let seekData: Int32 = 3
    fileprivate static let seekHole: Int32 = 4
}

extension Exchange {
    /// libfuse's own answer to OPEN has not all the flags.
    func openReply(_ flags: @escaping @Sendable (OpenFile) -> shim_fuse_open) -> Reply<OpenFile> {
        reply { request, file in
            withUnsafeBytes(of: flags(file)) { fuse_reply_buf(request, $0.baseAddress, $0.count) }
        }
    }

    /// The bytes go from where they are to the kernel.
    fileprivate var contentReply: Reply<FileBytes> {
        reply { request, content in
            switch content {
            case .none:
                return fuse_reply_buf(request, nil, 0)
            case .one(let bytes):
                return fuse_reply_buf(request, bytes.baseAddress, bytes.count)
            case .pieces(let pieces):
                let parts = pieces.map {
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
                }
                return fuse_reply_iov(request, parts, Int32(parts.count))
            }
        }
    }
}

extension Exchange {
    fileprivate func flags(of file: OpenFile) -> shim_fuse_open {
        var open = shim_fuse_open(handle: file.handle.number, flags: 0, backing: 0)
        // Several threads may write at once, as they may anywhere else.
        if isDirect(file.caching) { open.flags |= shim_fuse_open_direct | shim_fuse_open_parallel_writes }
        if file.caching == .kept { open.flags |= shim_fuse_open_keep_cache }
        if !file.wantsFlush { open.flags |= shim_fuse_open_no_flush }
        return open
    }

    func isDirect(_ caching: OpenFile.Caching) -> Bool {
        caching == .none || caching == .passing && session.writesPastCache
    }
}

extension shim_fuse_open {
    init(folder: OpenFile) {
        self.init(handle: folder.handle.number, flags: 0, backing: 0)
        if folder.caching != .none { flags |= shim_fuse_open_cache_folder }
        if folder.caching == .kept { flags |= shim_fuse_open_keep_cache }
    }
}
