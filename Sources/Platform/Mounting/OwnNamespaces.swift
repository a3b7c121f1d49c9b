import CShims
import Glibc

/// A user and a mount namespace of this process' own, in which a user mounts who may not do so outside. COMMAND joins them, and
/// with the last process in there its mounts are gone, however it has ended. User and group stay what they are; everybody
/// else is nobody (65534) in there, root as well.
public enum OwnNamespaces {
    /// What the kernel has refused, and at which step.
    public struct Refusal: Error, Sendable, Equatable {
        public var step: String
        public var error: SystemError

        public init(step: String, error: SystemError) {
            self.step = step
            self.error = error
        }
    }

    /// Before this process has threads. The rights that come with it are not those of programs that it starts.
    public static func enter() throws(Refusal) {
        try enter(by: shim_enter_own_namespaces)
    }

    /// A mount namespace alone, for who may mount as it is.
    public static func enterOfMountsOnly() throws(Refusal) {
        try enter(by: shim_enter_own_mount_namespace)
    }

    private static func enter(
        by call: (UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Int32
    ) throws(Refusal) {
        var step: UnsafePointer<CChar>?
        guard call(&step) == 0 else {
            let error = SystemError()
            throw Refusal(step: step.map { String(cString: $0) } ?? "", error: error)
        }
    }

    /// What somebody needs to join them. The namespaces live on as long as this is open.
    public struct Doors: Sendable {
        public let users: SharedDescriptor
        public let mounts: SharedDescriptor

        public init(users: SharedDescriptor, mounts: SharedDescriptor) {
            self.users = users
            self.mounts = mounts
        }

        /// Of the namespaces of this process.
        public static func ofThisProcess() throws(SystemError) -> Doors {
            Doors(
                users: SharedDescriptor(try .open("/proc/self/ns/user", FileFlags.read)),
                mounts: SharedDescriptor(try .open("/proc/self/ns/mnt", FileFlags.read)))
        }

        public var descriptors: [Int32] { [users.file.raw, mounts.file.raw] }
    }

    /// Joins those that are open as these descriptors. The working folder is the root then.
    public static func join(users: Int32, mounts: Int32) throws(SystemError) {
        try SystemError.check { shim_join_namespaces(users, mounts) }
    }

    /// Whether files of root's are known as such. Where they are not, they cannot be told from those of other users.
    static let knowsRoot: Bool = {
        guard let map = try? FileReading.bytes(of: "/proc/self/uid_map", limit: 1 << 16) else { return true }
        return String(decoding: map, as: UTF8.self).split(separator: "\n").contains { line in
            line.split(separator: " ").first == "0"
        }
    }()

    /// The owner that everybody has who is not known in here.
    static let nobody: UInt32 = {
        let text = try? FileReading.bytes(of: "/proc/sys/kernel/overflowuid", limit: 64)
        return text.flatMap { UInt32(String(decoding: $0, as: UTF8.self).filter(\.isNumber)) } ?? 65534
    }()
}
