import Glibc

/// A small disk of its own for one test, with a file system on it; it goes when the last reference goes, also when the test
/// fails.
public final class LoopDisk: Sendable {
    /// Where it is mounted.
    public let path: String
    private let folder: TemporaryFolder
    private var image: String { folder.path("image") }

    public static let isPossible = (try? LoopDisk(mebibytes: 1)) != nil
    public static let absence = "a disk of one's own takes mkfs.ext4, loop devices and CAP_SYS_ADMIN"

    public init(mebibytes: Int) throws {
        folder = try TemporaryFolder()
        path = folder.path("disk")
        try Files.makeFolder(path)
        let made = try Program.run(
            ["sh", "-c", "truncate -s \(mebibytes)M image && mkfs.ext4 -q image && mount -o loop image disk"],
            in: folder.path)
        guard made.status == 0 else { throw ProgramFailure(what: made.errors, code: made.status) }
    }

    /// From now on what was written to it, and is not in memory, is answered with I/O errors. What files have is in memory no more.
    public func fail() throws {
        let failed = try Program.run(
            [
                "sh", "-c",
                "sync -f disk; find disk -type f -exec dd if={} iflag=nocache count=0 status=none ';'; truncate -s 64K image",
            ], in: folder.path)
        guard failed.status == 0 else { throw ProgramFailure(what: failed.errors, code: failed.status) }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
    }
}
