import Glibc

/// A small file system of its own for one test; it goes when the last reference goes, also when the test fails.
public final class MountedFolder: Sendable {
    public let path: String
    private let folder: TemporaryFolder

    /// Whether this process may mount at all.
    public static let isPossible = (try? MountedFolder("size=64k")) != nil
    public static let absence = "mounting a tmpfs takes CAP_SYS_ADMIN"

    /// A tmpfs with these options, such as `size=1m,nr_inodes=20`.
    public init(_ options: String) throws {
        folder = try TemporaryFolder()
        path = folder.path("mounted")
        try Files.makeFolder(path)
        guard mount("tmpfs", path, "tmpfs", 0, options) == 0 else {
            throw ProgramFailure(what: "mount", code: errno)
        }
    }

    /// A folder of the machine, seen where nobody can write to it.
    public init(readOnlyViewOf other: String) throws {
        folder = try TemporaryFolder()
        path = folder.path("mounted")
        try Files.makeFolder(path)
        guard mount(other, path, nil, UInt(MS_BIND), nil) == 0,
            mount(nil, path, nil, UInt(MS_BIND | MS_REMOUNT | MS_RDONLY), nil) == 0
        else { throw ProgramFailure(what: "bind mount", code: errno) }
    }

    /// From now on nobody can write to it.
    public func makeReadOnly() throws {
        guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0 else {
            throw ProgramFailure(what: "remount", code: errno)
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
    }
}
