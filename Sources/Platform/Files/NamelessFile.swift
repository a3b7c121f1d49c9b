import CShims
import Glibc

/// Files that have no name until they are whole: nobody sees half of one, and a kill leaves nothing behind.
extension OwnedDescriptor {
    /// A new file on the file system of this folder; nothing where that cannot be had (network file systems, old kernels).
    public func makeNamelessFile(mode: UInt32) throws(SystemError) -> OwnedDescriptor? {
        do throws(SystemError) {
            return try .open(".", in: self, FileFlags.nameless, mode: mode)
        } catch  where [EOPNOTSUPP, EISDIR, ENOENT, EINVAL].contains(error.code) {
            return nil
        }
    }

    /// Gives the nameless file its name in a folder; EEXIST where something is.
    public func giveName(_ name: RawPath, in folder: borrowing OwnedDescriptor) throws(SystemError) {
        let (file, folder) = (raw, folder.raw)
        do throws(SystemError) {
            try name.call { linkat(file, "", folder, $0, shim_at_empty_path) }
            return
        } catch  where error.code == ENOENT {
            // Older kernels allow that to root alone.
        }
        let path = RawPath("/proc/self/fd/\(file)")
        try path.withCString { path throws(SystemError) in
            _ = try name.call { linkat(AT_FDCWD, path, folder, $0, AT_SYMLINK_FOLLOW) }
        }
    }
}
