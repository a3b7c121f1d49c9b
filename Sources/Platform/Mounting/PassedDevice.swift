import Glibc

/// A descriptor of FUSE's device that whoever has started us has opened, for containers that may not do so: with `--fuse-fd`, or as
/// the destination `/dev/fd/N`. Mostly somebody has mounted with it as well, perhaps where we see nothing of it, and we only serve.
public enum PassedDevice {
    private static let folder = "/dev/fd/"

    /// The N of `/dev/fd/N`.
    public static func number(ofPath path: String) -> Int32? {
        guard path.hasPrefix(folder), let number = Int32(path.dropFirst(folder.count)), number >= 0 else { return nil }
        return number
    }

    /// What is in the way of using it; nothing when it may be served, or mounted with.
    public static func obstacle(_ number: Int32, hasPlace: Bool) -> MountingObstacle? {
        guard fcntl(number, F_GETFD) != -1 else { return .passed(number, .closed) }
        guard FUSEDevice.isDevice(number) else { return .passed(number, .otherFile) }
        if isMounted(number) { return nil }
        guard hasPlace else { return .passed(number, .notMounted) }
        return MountRights.mayMount ? nil : .passed(number, .notMounted)
    }

    public enum Fault: Sendable, Equatable {
        case closed, otherFile, notMounted

        var text: String {
            switch self {
            case .closed: "is not open here"
            case .otherFile: "is not of \(FUSEDevice.path)"
            case .notMounted:
                "is not mounted, or no longer: who passes it has to mount with it, since this user may not"
            }
        }
    }

    /// It is somebody else's to keep from now on. As long as one is open the mount is not seen to be dead.
    public static func leave(_ number: Int32) {
        close(number)
    }

    /// Whether somebody has mounted with it, and it is still there.
    public static func isMounted(_ number: Int32) -> Bool {
        var wanted = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return poll(&wanted, 1, 0) >= 0 && wanted.revents & Int16(POLLERR | POLLNVAL) == 0
    }
}
