import CShims
import Glibc

/// An open file that is closed when its owner goes out of scope.
public struct OwnedDescriptor: ~Copyable, Sendable {
    public let raw: Int32

    public init(owning raw: Int32) {
        self.raw = raw
    }

    deinit {
        close(raw)
    }

    /// Closes, and says what the file system found out only now.
    public consuming func closeChecked() throws(SystemError) {
        let raw = raw
        discard self
        // After EINTR the descriptor is gone on Linux all the same.
        guard Glibc.close(raw) == 0 || errno == EINTR else { throw SystemError() }
    }

    /// Gives the descriptor to somebody who will close it.
    public consuming func release() -> Int32 {
        let raw = raw
        discard self
        return raw
    }

    public func duplicate() throws(SystemError) -> OwnedDescriptor {
        OwnedDescriptor(owning: try SystemError.check { fcntl(raw, F_DUPFD_CLOEXEC, 0) })
    }

    public static func open(
        _ path: RawPath, _ flags: Int32, mode: UInt32 = 0o666
    ) throws(SystemError) -> OwnedDescriptor {
        let raw = try SystemError.check { path.withCString { Glibc.open($0, flags | O_CLOEXEC, mode) } }
        return OwnedDescriptor(owning: raw)
    }

    /// Opens a single name in a folder; a link of that name is not followed.
    public static func open(
        _ name: RawPath, in folder: borrowing OwnedDescriptor, _ flags: Int32, mode: UInt32 = 0o666
    ) throws(SystemError) -> OwnedDescriptor {
        let folder = folder.raw
        let raw = try SystemError.check {
            name.withCString { openat(folder, $0, flags | O_NOFOLLOW | O_CLOEXEC, mode) }
        }
        return OwnedDescriptor(owning: raw)
    }

    /// Opens a path below a folder; no link on the way is followed and nothing outside can be reached.
    public static func open(
        beneath folder: borrowing OwnedDescriptor, _ path: RawPath, _ flags: Int32, mode: UInt32 = 0
    ) throws(SystemError) -> OwnedDescriptor {
        let folderNumber = folder.raw
        let resolve = shim_resolve_beneath | shim_resolve_no_symlinks | shim_resolve_no_magiclinks
        do throws(SystemError) {
            let raw = try SystemError.check {
                path.withCString {
                    shim_openat2(folderNumber, $0, UInt64(flags | O_CLOEXEC), UInt64(mode), resolve)
                }
            }
            return OwnedDescriptor(owning: raw)
        } catch  where error.code == ENOSYS || error.code == EPERM {
            // Kernels before 5.6 and some sandboxes have no openat2.
            return try openStepwise(beneath: folder, path, flags, mode: mode)
        }
    }

    private static func openStepwise(
        beneath folder: borrowing OwnedDescriptor, _ path: RawPath, _ flags: Int32, mode: UInt32
    ) throws(SystemError) -> OwnedDescriptor {
        let names = path.components.filter { $0 != "." }
        guard !path.isAbsolute, !names.contains("..") else { throw SystemError(code: EXDEV) }
        guard let last = names.last else { return try open(".", in: folder, flags, mode: mode) }
        var current = try open(".", in: folder, O_RDONLY | O_DIRECTORY)
        for name in names.dropLast() {
            let next = try open(name, in: current, shim_o_path | O_DIRECTORY)
            current = next
        }
        return try open(last, in: current, flags, mode: mode)
    }
}

/// An open file that several threads use; it is closed when the last of them lets go.
public final class SharedDescriptor: Sendable {
    public let owned: OwnedDescriptor

    public init(_ owned: consuming OwnedDescriptor) {
        self.owned = owned
    }
}
