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

    /// Not a block is left, also of those that a file system takes back when it writes out; they are in a file `filling`.
    public func fill() throws {
        let once = "dd if=/dev/zero of=disk/filling oflag=append conv=notrunc"
        let fill = "for i in 1 2 3; do \(once) bs=1M; \(once) bs=1k; sync -f disk; done"
        _ = try Program.run(["sh", "-c", fill], in: folder.path)
    }

    /// From now on everything about it is answered with an I/O error, as when its device is gone.
    public func shutDown() throws {
        // EXT4_IOC_SHUTDOWN, without writing anything out.
        let script = "import fcntl, os, struct; fcntl.ioctl(os.open('disk', 0), 0x8004587D, struct.pack('I', 2))"
        let ended = try Program.run(["python3", "-c", script], in: folder.path)
        guard ended.status == 0 else { throw ProgramFailure(what: ended.errors, code: ended.status) }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
    }
}
