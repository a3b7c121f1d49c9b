import Glibc

/// The permission bits that this process takes away from what it makes.
public enum ProcessMask {
    /// Read once, since asking means setting it for a moment.
    public static let current: UInt32 = {
        let mask = umask(0)
        umask(mask)
        return mask
    }()
}
