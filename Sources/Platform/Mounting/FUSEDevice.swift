import Glibc

/// The device by which the kernel asks whoever serves a mount.
public enum FUSEDevice {
    public static let path = "/dev/fuse"

    /// What is in the way of opening it.
    public static var obstacle: MountingObstacle? {
        do throws(SystemError) {
            let device = try open()
            return isDevice(device.raw) ? nil : .otherDevice
        } catch {
            return .device(error)
        }
    }

    static func open() throws(SystemError) -> OwnedDescriptor { try .open(RawPath(path), O_RDWR) }

    /// Number 10:229, wherever Linux runs.
    static func isDevice(_ descriptor: Int32) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 10 << 8 | 229
    }
}
