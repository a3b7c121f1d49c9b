import CShims
import Glibc
import Platform
import Synchronization

/// A mount of ours: the device that its sessions serve on, and the memory that they share. Closing the last descriptor
/// of the device ends the mount for everybody who uses it (ENOTCONN).
final class FUSEMount: Sendable {
    let place: MountPlace
    let memory: SharedDescriptor
    private let openDevice: Mutex<SharedDescriptor?>

    /// What is asked of the kernel; it grants what it knows. Not asked for: the write-back cache, which takes sizes and
    /// times into the kernel's hands, and splicing, which costs more than copying.
    private static let wishes = shim_fuse_wishes(
        flags: [
            shim_fuse_init_ext, shim_fuse_async_read, shim_fuse_big_writes, shim_fuse_atomic_truncate,
            shim_fuse_parallel_folders, shim_fuse_readdirplus, shim_fuse_readdirplus_auto, shim_fuse_max_pages,
            shim_fuse_auto_invalidate, shim_fuse_async_direct, shim_fuse_cache_links, shim_fuse_handle_killpriv_v2,
            shim_fuse_expire_only, shim_fuse_direct_mmap, shim_fuse_resend,
        ].reduce(0, |),
        max_readahead: 256 << 20, max_write: UInt32(Session.largestWrite), max_background: 256, congestion: 192)

    /// Mounts, and answers INIT before anybody can touch what is mounted and be stuck in it.
    init(at destination: borrowing Destination, _ options: MountOptions) throws(MountFailure) {
        let device = try Self.device()
        let path = destination.path
        do throws(SystemError) {
            memory = SharedDescriptor(try SeamMemory.makeFile())
            try Self.mount(device, at: destination, options)
        } catch {
            throw MountFailure(
                .noFUSE, "mounting at `\(path.text)` is refused: \(error.description)",
                hint: error.isDenial ? "it takes root, or CAP_SYS_ADMIN in a container" : nil)
        }
        do throws(SystemError) {
            place = try Self.begin(device, memory, path)
        } catch {
            MountPlace.detach(path)
            throw MountFailure(.noFUSE, "the kernel's FUSE does not begin: \(error.description)")
        }
        openDevice = Mutex(device)
    }

    /// Nothing when it is closed already.
    var device: SharedDescriptor? { openDevice.withLock { $0 } }

    /// Nobody serves any more, and whoever waits gets an error.
    func close() {
        openDevice.withLock { $0 = nil }
    }

    // MARK: Mounting

    private static func device() throws(MountFailure) -> SharedDescriptor {
        do throws(SystemError) {
            return SharedDescriptor(try .open("/dev/fuse", O_RDWR))
        } catch {
            throw MountFailure(
                .noFUSE, "/dev/fuse cannot be opened: \(error.description)",
                hint: "`provision doctor` shows what is missing; a container needs the device passed in")
        }
    }

    private static func mount(
        _ device: SharedDescriptor, at destination: borrowing Destination, _ options: MountOptions
    ) throws(SystemError) {
        var words = [
            "fd=\(device.file.raw)", "rootmode=" + String(destination.facts.mode & S_IFMT, radix: 8),
            "user_id=\(geteuid())", "group_id=\(getegid())", "default_permissions",
        ]
        if options.allowsOthers { words.append("allow_other") }
        let data = words.joined(separator: ",")
        let flags = UInt(MS_NOSUID | MS_NODEV) | (options.isReadOnly ? UInt(MS_RDONLY) : 0)
        // What was looked at, even if its name has come to mean something else.
        let target = "/proc/self/fd/\(destination.place.raw)"
        try SystemError.check { Glibc.mount(options.source, target, MountTable.ourType, flags, data) }
    }

    private static func begin(
        _ device: SharedDescriptor, _ memory: SharedDescriptor, _ path: RawPath
    ) throws(SystemError) -> MountPlace {
        let seam = try SeamMemory(memory.file)
        var wishes = wishes
        var granted: UInt64 = 0
        try SystemError.check { shim_fuse_handshake(device.file.raw, &wishes, seam.kept, &granted) }
        var facts = shim_mount_facts()
        try path.call { shim_mount_facts(AT_FDCWD, $0, &facts) }
        return MountPlace(path: path, major: facts.major, minor: facts.minor)
    }
}
