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
    /// times into the kernel's hands, splicing, which costs more than copying, and that it remembers the targets of links: it would do
    /// so for as long as it knows the file, whatever becomes of the link in the store.
    private static let wishes = shim_fuse_wishes(
        flags: [
            shim_fuse_init_ext, shim_fuse_async_read, shim_fuse_big_writes, shim_fuse_atomic_truncate,
            shim_fuse_parallel_folders, shim_fuse_readdirplus, shim_fuse_readdirplus_auto, shim_fuse_max_pages,
            shim_fuse_auto_invalidate, shim_fuse_async_direct, shim_fuse_handle_killpriv_v2,
            shim_fuse_expire_only, shim_fuse_direct_mmap, shim_fuse_resend,
        ].reduce(0, |),
        max_readahead: 256 << 20, max_write: UInt32(Session.largestWrite), max_background: 256, congestion: 192,
        max_stack_depth: 0)

    static func make(_ options: MountOptions) throws(MountFailure) -> FUSEMount {
        if let device = options.device, PassedDevice.isMounted(device.file.raw) {
            return try FUSEMount(on: device, options)
        }
        return try FUSEMount(at: Destination.prepare(options), options)
    }

    /// What somebody else has mounted: INIT waits.
    private init(on device: SharedDescriptor, _ options: MountOptions) throws(MountFailure) {
        do throws(SystemError) {
            memory = SharedDescriptor(try SeamMemory.makeFile())
            try Self.greet(device, memory, options)
        } catch {
            throw MountFailure(
                .noFUSE, "the device that was passed in cannot be served: \(error.description)",
                hint: "it has to be mounted, and nobody must have served it before")
        }
        place = MountPlace(path: options.destination, major: 0, minor: 0, isElsewhere: true)
        openDevice = Mutex(device)
    }

    /// Mounts, and answers INIT before anybody can touch what is mounted and be stuck in it.
    init(at destination: borrowing Destination, _ options: MountOptions) throws(MountFailure) {
        let path = destination.path
        do throws(SystemError) {
            memory = SharedDescriptor(try SeamMemory.makeFile())
        } catch {
            throw MountFailure(.noFUSE, "no memory can be shared with sessions: \(error.description)")
        }
        let device = try Self.mount(destination, options)
        do throws(SystemError) {
            place = try Self.begin(device, memory, path, options)
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

    /// Returns the device.
    private static func mount(
        _ destination: borrowing Destination, _ options: MountOptions
    ) throws(MountFailure) -> SharedDescriptor {
        if options.device == nil, !MountRights.mayMount, let helper = MountHelper() {
            return try mount(destination, options, by: helper)
        }
        // In the namespace in which it is mounted: another one's is refused.
        let device = if let passed = options.device { passed } else { try device() }
        do throws(SystemError) {
            try mount(device, at: destination, options)
        } catch {
            throw MountFailure(
                .noFUSE, "mounting at `\(destination.path.text)` is refused: \(error.description)",
                hint: error.isDenial ? "`provision doctor` shows what is missing" : nil)
        }
        return device
    }

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

    /// Of a folder that may not be there yet. Of one that cannot be looked at nothing will be read.
    private static func isInOverlay(_ path: RawPath) -> Bool {
        guard let nearest = try? TrustedPath(path).nearestFolder() else { return false }
        return (try? nearest.folder.isInOverlay()) ?? false
    }

    /// It looks at the place for itself, as the user, and adds `nosuid` and `nodev`.
    private static func mount(
        _ destination: borrowing Destination, _ options: MountOptions, by helper: MountHelper
    ) throws(MountFailure) -> SharedDescriptor {
        let type = MountTable.ourType.drop { $0 != "." }.dropFirst()
        var words = ["fsname=\(options.source)", "subtype=\(type)", "default_permissions"]
        // Who insists on it was told before.
        if options.allowsOthers, MountHelper.allowsOthers { words.append("allow_other") }
        if options.isReadOnly { words.append("ro") }
        do throws(MountHelper.Refusal) {
            return try helper.mount(at: destination.path, words)
        } catch {
            throw MountFailure(
                .noFUSE, "\(MountHelper.name) does not mount at `\(destination.path.text)`: \(error.text)",
                hint: "`provision doctor` shows what is missing; `-- COMMAND` mounts without it")
        }
    }

    private static func begin(
        _ device: SharedDescriptor, _ memory: SharedDescriptor, _ path: RawPath, _ options: MountOptions
    ) throws(SystemError) -> MountPlace {
        try greet(device, memory, options)
        var facts = shim_mount_facts()
        try path.call { shim_mount_facts(AT_FDCWD, $0, &facts) }
        return MountPlace(path: path, major: facts.major, minor: facts.minor)
    }

    private static func greet(
        _ device: SharedDescriptor, _ memory: SharedDescriptor, _ options: MountOptions
    ) throws(SystemError) {
        let seam = try SeamMemory(memory.file)
        var wishes = wishes
        if let files = options.localFiles {
            wishes.flags |= shim_fuse_passthrough
            // Over what is as deep as this nobody can put an overlay.
            wishes.max_stack_depth = isInOverlay(files) ? 2 : 1
        }
        var granted: UInt64 = 0
        try SystemError.check { shim_fuse_handshake(device.file.raw, &wishes, seam.kept, &granted) }
    }
}
