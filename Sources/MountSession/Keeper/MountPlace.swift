import CShims
import Glibc
import Platform

/// Where a mount is, and by what number the kernel knows it. Nothing here asks whoever serves it.
struct MountPlace: Sendable, Equatable {
    let path: RawPath
    let major: UInt32
    let minor: UInt32
    /// Somebody else has mounted it, and will unmount it; it is not known where.
    var isElsewhere = false

    /// Whether what stands at the path is this mount, and not something that somebody has put over it.
    var isOnTop: Bool {
        if isElsewhere { return false }
        var facts = shim_mount_facts()
        guard (try? path.call({ shim_mount_facts(AT_FDCWD, $0, &facts) })) != nil else { return false }
        return facts.is_root && facts.major == major && facts.minor == minor
    }

    /// Whether it is mounted at all.
    var isMounted: Bool { isElsewhere || MountTable.holds(major: major, minor: minor) }

    /// Whether it is mounted at its path, perhaps below something else. Of one that may have ended only this says something:
    /// another one can have its number.
    var isInPlace: Bool { !isElsewhere && MountTable.holds(major: major, minor: minor, at: path) }

    /// Opened for looking.
    func openRoot() throws(SystemError) -> OwnedDescriptor {
        try .open(path, FileFlags.path | shim_o_nofollow)
    }

    /// Unless a single reader shall wait for one request after the other, the kernel has to ask for more than the 128
    /// KiB that it begins with. That takes root.
    func setReadAhead(_ bytes: Int) throws(SystemError) {
        if isElsewhere { throw SystemError(code: EACCES) }
        let setting = RawPath("/sys/class/bdi/\(major):\(minor)/read_ahead_kb")
        let file = try OwnedDescriptor.open(setting, FileFlags.write)
        try file.write(Array(String(bytes >> 10).utf8), at: 0)
    }

    /// EBUSY while somebody uses it. Detaching takes it away from the path at once; who has it open keeps it.
    func unmount(detaching: Bool) throws(SystemError) { try Self.unmount(path, detaching: detaching) }

    func detach() {
        if !isElsewhere { Self.detach(path) }
    }

    static func detach(_ path: RawPath) {
        try? detachOrFail(path)
    }

    static func detachOrFail(_ path: RawPath) throws(SystemError) { try unmount(path, detaching: true) }

    /// Who may not do it alone has it done by whom it was mounted by.
    private static func unmount(_ path: RawPath, detaching: Bool) throws(SystemError) {
        do throws(SystemError) {
            try path.call { umount2($0, (detaching ? Int32(MNT_DETACH) : 0) | Int32(UMOUNT_NOFOLLOW)) }
        } catch  where error.code == EPERM {
            guard let helper = MountHelper() else { throw error }
            do throws(MountHelper.Refusal) {
                try helper.unmount(path, isDetached: detaching)
            } catch let refusal {
                throw refusal.isBusy ? SystemError(code: EBUSY) : error
            }
        }
    }
}
