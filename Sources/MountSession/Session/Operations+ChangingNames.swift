import CFuse
import Glibc
import MountFS
import Platform

extension fuse_lowlevel_ops {
    mutating func addChangingNames() {
        create = { request, folder, name, mode, file in
            Session.change(request) { files, exchange in
                let (name, folder) = (UnsafeRawBufferPointer(text: name!), NodeID(folder))
                let (access, caller) = (Access(flags: file!.pointee.flags), Caller(opening: request!))
                files.make(
                    name, in: folder, mode: mode, access, by: caller,
                    exchange.newFileReply(name, in: folder, access, by: caller, files))
            }
        }
        mkdir = { request, folder, name, mode in
            Session.change(request) { files, exchange in
                let (name, folder) = (UnsafeRawBufferPointer(text: name!), NodeID(folder))
                files.makeFolder(
                    name, in: folder, mode: mode, by: Caller(request!), exchange.madeReply(name, in: folder, files))
            }
        }
        symlink = { request, target, folder, name in
            Session.change(request) { files, exchange in
                let (name, folder) = (UnsafeRawBufferPointer(text: name!), NodeID(folder))
                files.makeLink(
                    name, in: folder, to: UnsafeRawBufferPointer(text: target!), by: Caller(request!),
                    exchange.madeReply(name, in: folder, files))
            }
        }
        mknod = { request, folder, name, mode, _ in
            Session.change(request) { files, exchange in
                let (name, folder) = (UnsafeRawBufferPointer(text: name!), NodeID(folder))
                files.makeNode(
                    name, in: folder, mode: mode, by: Caller(request!), exchange.madeReply(name, in: folder, files))
            }
        }
        link = { request, node, folder, name in
            Session.change(request) { files, exchange in
                files.link(
                    NodeID(node), as: UnsafeRawBufferPointer(text: name!), in: NodeID(folder), exchange.lookupReply)
            }
        }
        unlink = { request, folder, name in
            Session.change(request) { files, exchange in
                files.remove(UnsafeRawBufferPointer(text: name!), in: NodeID(folder), exchange.removedReply)
            }
        }
        rmdir = { request, folder, name in
            Session.change(request) { files, exchange in
                files.removeFolder(UnsafeRawBufferPointer(text: name!), in: NodeID(folder), exchange.removedReply)
            }
        }
        rename = { request, folder, name, newFolder, newName, flags in
            Session.change(request) { files, exchange in
                guard let replacing = Replacing(renameFlags: flags) else {
                    return _ = exchange.fail(SystemError(code: EINVAL))
                }
                guard replacing != .required || !exchange.isAgain else { return _ = exchange.fail(.ioError) }
                files.rename(
                    UnsafeRawBufferPointer(text: name!), in: NodeID(folder),
                    to: UnsafeRawBufferPointer(text: newName!), in: NodeID(newFolder), replacing,
                    by: Caller(renaming: request!), exchange.removedReply)
            }
        }
    }
}

extension Replacing {
    /// RENAME_NOREPLACE and RENAME_EXCHANGE; there are more, which nobody understands.
    fileprivate init?(renameFlags: UInt32) {
        switch renameFlags {
        case 0: self = .allowed
        case 1: self = .forbidden
        case 2: self = .required
        default: return nil
        }
    }
}

extension Exchange {
    var newFileReply: Reply<NewFile> {
        reply { [self] request, new in
            var parameters = fuse_entry_param(new.entry)
            var file = fuse_file_info()
            file.fh = new.file.handle.number
            file.direct_io = isDirect(new.file.caching) ? 1 : 0
            file.keep_cache = new.file.caching == .kept ? 1 : 0
            file.noflush = new.file.wantsFlush ? 0 : 1
            return fuse_reply_create(request, &parameters, &file)
        }
    }
}
