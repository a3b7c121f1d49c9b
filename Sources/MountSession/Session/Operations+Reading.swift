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
                let isDirect = file!.pointee.flags & shim_open_direct != 0
                files.open(NodeID(node), access, by: caller, exchange.openedReply(of: NodeID(node), isDirect: isDirect))
            }
        }
        read = { request, node, count, offset, file in
            Session.serve(request) { files, exchange in
                files.read(
                    count, at: offset, of: NodeID(node), HandleID(of: file!), exchange.contentReply)
            }
        }
        release = { request, node, file in
            Session.change(request) { files, exchange in
                exchange.noteRelease(of: NodeID(node), file!.pointee.fh)
                files.release(NodeID(node), HandleID(of: file!))
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
                    sought, from: offset, of: NodeID(node), HandleID(of: file!),
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
        reply { request, file in Self.send(flags(file), request) }
    }

    private static func send(_ open: shim_fuse_open, _ request: fuse_req_t) -> Int32 {
        withUnsafeBytes(of: open) { fuse_reply_buf(request, $0.baseAddress, $0.count) }
    }

    /// What is not there any more, although its name was just looked up, is looked up again by the kernel when it is told so: whoever
    /// wants it made has it made then. Of the root no name can be looked up.
    fileprivate func openedReply(of node: NodeID, isDirect: Bool) -> Reply<OpenFile> {
        let reply: Reply<OpenFile> = reply { [self] request, file in
            var open = flags(of: file)
            // A kernel that does not know the node any more has nothing to forget.
            if file.hasNewSize { _ = shim_fuse_forget_attributes(SessionDescriptors.device, node.number) }
            guard let modes = session.modes else { return Self.send(open, request) }
            let isDirect = isDirect || open.flags & shim_fuse_open_direct != 0
            // Of the root no name can be looked up again, should there be another version.
            let local = node == .root ? nil : file.local
            guard let mode = modes.open(node, file.version, local, isDirect: isDirect) else {
                fuse_reply_err(request, ESTALE)
                return -ESTALE
            }
            open.apply(mode, isDirect: isDirect)
            let result = Self.send(open, request)
            if result != 0 { modes.close(node, mode) }
            return result
        }
        guard node != .root else { return reply }
        return Reply(to: ExpectedFailure(self, ENOENT) { _ = reply.fail(SystemError(code: ESTALE)) }) {
            reply.answer($0)
        }
    }

    /// One that comes again from a session that has crashed may have been counted already.
    fileprivate func noteRelease(of node: NodeID, _ handle: UInt64) {
        guard unique & shim_fuse_resent == 0, let mode = OpenModes.Mode(ofHandle: handle) else { return }
        session.modes?.close(node, mode)
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
    fileprivate mutating func apply(_ mode: OpenModes.Mode, isDirect: Bool) {
        handle |= mode.handleBits
        if isDirect || mode == .direct { flags |= shim_fuse_open_direct }
        guard case .passing(let file) = mode else { return }
        // What is direct at the same time is asked of us: files of disks want reads to begin at certain places then.
        flags |= shim_fuse_open_passthrough
        flags &= ~shim_fuse_open_keep_cache
        backing = file
    }

    init(folder: OpenFile) {
        self.init(handle: folder.handle.number, flags: 0, backing: 0)
        if folder.caching != .none { flags |= shim_fuse_open_cache_folder }
        if folder.caching == .kept { flags |= shim_fuse_open_keep_cache }
    }
}
