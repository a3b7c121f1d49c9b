import Glibc
import Platform

extension LocalTree {
    /// The folder with this path; it and those above it are made where they are missing.
    func makeFolder(_ path: RawPath) throws(StoreError) -> OwnedDescriptor {
        do throws(SystemError) {
            do throws(SystemError) {
                return try openFolder(path)
            } catch  where error.code == ENOENT {
                var folder = try openFolder("")
                for name in path.components {
                    let next = try openOrMake(name, in: folder)
                    folder = next
                }
                return folder
            }
        } catch  where error.code == ENOTDIR || error.code == ELOOP {
            throw StoreError(
                .invalid, "a file or a link is where the folder \(ObjectKey(path.bytes).shown) would be",
                errno: error.code)
        } catch {
            throw StoreError(error, "cannot make the folder \(ObjectKey(path.bytes).shown)")
        }
    }

    private func openOrMake(
        _ name: RawPath, in folder: borrowing OwnedDescriptor
    ) throws(SystemError) -> OwnedDescriptor {
        do throws(SystemError) {
            return try .open(name, in: folder, O_RDONLY | O_DIRECTORY)
        } catch  where error.code == ENOENT {
            do throws(SystemError) {
                try folder.makeFolder(name)
            } catch  where error.code == EEXIST {
                // Somebody else was faster.
            }
            if isDurable { try folder.synchronize() }
            return try .open(name, in: folder, O_RDONLY | O_DIRECTORY)
        }
    }

    /// Excludes other writers from a folder until the result goes. File systems without locks do without.
    func lock(
        _ folder: borrowing OwnedDescriptor, _ cancellation: Cancellation
    ) throws(StoreError) -> SharedDescriptor? {
        do throws(SystemError) {
            let lock = try SharedDescriptor(.open(".", in: folder, O_RDONLY | O_DIRECTORY))
            // Asks again and again rather than waiting, because whoever may read a folder can keep it locked.
            while try !lock.file.lock(waiting: false) {
                guard !cancellation.isCancelled else { throw SystemError(code: ECANCELED) }
                usleep(1000)
            }
            return lock
        } catch  where [EBADF, EINVAL, ENOLCK, ENOSYS, EOPNOTSUPP].contains(error.code) {
            return nil
        } catch {
            throw StoreError(error, "cannot lock a folder")
        }
    }
}
