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
        let raw = try path.call { Glibc.open($0, flags | O_CLOEXEC, mode) }
        return OwnedDescriptor(owning: raw)
    }

    /// Opens a single name in a folder; a link of that name is not followed.
    public static func open(
        _ name: RawPath, in folder: borrowing OwnedDescriptor, _ flags: Int32, mode: UInt32 = 0o666
    ) throws(SystemError) -> OwnedDescriptor {
        let folder = folder.raw
        let raw = try name.call { openat(folder, $0, flags | O_NOFOLLOW | O_CLOEXEC, mode) }
        return OwnedDescriptor(owning: raw)
    }

    /// Opens a path below a folder; no link on the way is followed and nothing outside can be reached. `..` is refused
    /// even where it would stay inside: it would name something else once a folder on the way is moved.
    public static func open(
        beneath folder: borrowing OwnedDescriptor, _ path: RawPath, _ flags: Int32, mode: UInt32 = 0
    ) throws(SystemError) -> OwnedDescriptor {
        guard !path.isAbsolute, !path.components.contains("..") else { throw SystemError(code: EXDEV) }
        let folderNumber = folder.raw
        let resolve = shim_resolve_beneath | shim_resolve_no_symlinks | shim_resolve_no_magiclinks
        do throws(SystemError) {
            let raw = try path.call {
                shim_openat2(folderNumber, $0, UInt64(flags | O_CLOEXEC), UInt64(mode), resolve)
            }
            return OwnedDescriptor(owning: raw)
        } catch  where [ENOSYS, EPERM, ENAMETOOLONG].contains(error.code) {
            // Kernels before 5.6 and some sandboxes have no openat2, and a path may be longer than one call takes.
            return try openStepwise(beneath: folder, path, flags, mode: mode)
        }
    }

    /// Opens what a path below a folder names for looking at it only: also a link itself, a file that may not be read,
    /// a device without waking it.
    public static func look(
        at path: RawPath, beneath folder: borrowing OwnedDescriptor
    ) throws(SystemError) -> OwnedDescriptor {
        try open(beneath: folder, path, shim_o_path | shim_o_nofollow)
    }

    /// The same name by name. `path` has been checked.
    static func openStepwise(
        beneath folder: borrowing OwnedDescriptor, _ path: RawPath, _ flags: Int32, mode: UInt32
    ) throws(SystemError) -> OwnedDescriptor {
        guard !path.isEmpty else { throw .notThere }
        let names = path.components.filter { $0 != "." }
        guard let last = names.last else { return try open(".", in: folder, flags, mode: mode) }
        let endsInSlash = path.bytes.last == UInt8(ascii: "/")
        var current = try open(".", in: folder, shim_o_path | O_DIRECTORY)
        for name in names.dropLast() {
            let next = try openNoLink(name, in: current, shim_o_path | O_DIRECTORY)
            current = next
        }
        return try openNoLink(last, in: current, endsInSlash ? flags | O_DIRECTORY : flags, mode: mode)
    }

    /// Says ELOOP of a link also where a folder was asked for, as openat2 does.
    private static func openNoLink(
        _ name: RawPath, in folder: borrowing OwnedDescriptor, _ flags: Int32, mode: UInt32 = 0
    ) throws(SystemError) -> OwnedDescriptor {
        do throws(SystemError) {
            return try open(name, in: folder, flags, mode: mode)
        } catch  where error.code == ENOTDIR {
            let isLink = try folder.entryIfAny(of: name)?.kind == .link
            throw isLink ? SystemError(code: ELOOP) : error
        }
    }
}
