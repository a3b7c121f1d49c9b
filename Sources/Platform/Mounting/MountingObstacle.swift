import Glibc

/// One thing that is in the way of mounting with FUSE.
public enum MountingObstacle: Sendable, Equatable {
    /// The device cannot be opened.
    case device(SystemError)
    /// Something else has its name.
    case otherDevice
    /// CAP_SYS_ADMIN is missing.
    case right
    /// The kernel, or a profile, does not let who has the right.
    case mount(SystemError)
    /// No namespaces of one's own can be had.
    case namespaces(OwnNamespaces.Refusal, NamespaceLimit?)
    /// Mounting in those is refused.
    case mountInNamespaces(SystemError)
    /// `fusermount3` is not there.
    case helper
    /// It has no rights of root's.
    case helperRights
    /// It serves nobody without a name.
    case userName
    /// It lets nobody else in, as the task wants.
    case othersByHelper
    /// The descriptor that was passed in is of no use.
    case passed(Int32, PassedDevice.Fault)
    /// Nobody could be asked.
    case trial(SystemError)

    public var message: String {
        switch self {
        case .device(let error): "\(FUSEDevice.path) cannot be opened: \(error.description)"
        case .otherDevice: "\(FUSEDevice.path) is not the device of FUSE"
        case .right: "this user may not mount (CAP_SYS_ADMIN is missing)"
        case .mount(let error):
            "mounting is refused although this user may (CAP_SYS_ADMIN is there): \(error.description)"
        case .namespaces(let refusal, let limit):
            "no user namespace can be had (\(refusal.step): \(refusal.error.description))"
                + (limit.map { ": \($0.message)" } ?? "")
        case .mountInNamespaces(let error):
            "mounting is refused in a user namespace of one's own: \(error.description)"
        case .helper: "\(MountHelper.name) is not there"
        case .helperRights:
            MountRights.isWithoutNewPrivileges
                ? "\(MountHelper.name) gets no rights of root's here (no_new_privs)"
                : "\(MountHelper.name) has no rights of root's (it is not set-uid)"
        case .userName: "\(MountHelper.name) serves only users who have a name, and \(geteuid()) is not in /etc/passwd"
        case .othersByHelper:
            "\(MountHelper.name) lets no other users in (`allow_other`): user_allow_other is not in /etc/fuse.conf"
        case .passed(let number, let fault): "descriptor \(number) \(fault.text)"
        case .trial(let error): "it cannot be tried: \(error.description)"
        }
    }
}

/// What keeps user namespaces from users, of what can be looked up.
public enum NamespaceLimit: Sendable, Equatable, CaseIterable {
    case number, switchedOff, appArmor, filter

    /// What holds here; `seccomp` is only guessed at, since nobody says what a filter refuses.
    static func current() -> NamespaceLimit? {
        if setting("user/max_user_namespaces") == 0 { return .number }
        if setting("kernel/unprivileged_userns_clone") == 0 { return .switchedOff }
        if setting("kernel/apparmor_restrict_unprivileged_userns") == 1 { return .appArmor }
        return MountRights.isFiltered ? .filter : nil
    }

    private static func setting(_ name: String) -> Int? {
        guard let bytes = try? FileReading.bytes(of: "/proc/sys/" + name, limit: 64) else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self).filter(\.isNumber))
    }

    public var message: String {
        switch self {
        case .number: "user.max_user_namespaces is 0"
        case .switchedOff: "kernel.unprivileged_userns_clone is 0"
        case .appArmor: "kernel.apparmor_restrict_unprivileged_userns is 1"
        case .filter: "system calls are filtered here (seccomp)"
        }
    }
}

extension SystemError {
    /// What opening a device says: it is not there; nobody drives it; its mode keeps us out. EPERM is left to the devices that a
    /// container may use.
    public static let withoutDriver = SystemError(code: ENODEV)
    public static let closed = SystemError(code: EACCES)
}
