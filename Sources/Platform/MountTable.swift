import CShims
import Glibc

/// What the kernel says of the mounts that this process sees.
public enum MountTable {
    /// Of what this program mounts.
    public static let ourType = "fuse.provision"
    private static let limit = 16 << 20

    /// Nothing where it cannot be read.
    private static var current: String? {
        guard let table = try? FileReading.bytes(of: "/proc/self/mountinfo", limit: limit) else { return nil }
        return String(decoding: table, as: UTF8.self)
    }

    /// The number of the mount whose root this is; nothing where it is none.
    public static func mount(rootedAt place: borrowing OwnedDescriptor) -> UInt64? {
        var facts = shim_mount_facts()
        return shim_mount_facts(place.raw, "", &facts) == 0 && facts.is_root ? facts.mount : nil
    }

    /// Such as `ext4` or `fuse.provision`; nothing where the mount is not known.
    public static func type(ofMount mount: UInt64) -> String? { current.flatMap { type(ofMount: mount, in: $0) } }

    /// Whether what has this number is mounted anywhere; also when that cannot be told.
    public static func holds(major: UInt32, minor: UInt32) -> Bool {
        current.map { holds(major: major, minor: minor, in: $0) } ?? true
    }

    static func holds(major: UInt32, minor: UInt32, in table: String) -> Bool {
        let device = "\(major):\(minor)"
        return table.split(separator: "\n").contains { line in
            line.split(separator: " ", maxSplits: 3).dropFirst(2).first.map { $0 == device } ?? false
        }
    }

    /// A line has its mount's number first, and the type behind a lone hyphen.
    static func type(ofMount mount: UInt64, in table: String) -> String? {
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.first.flatMap({ UInt64($0) }) == mount, let hyphen = words.firstIndex(of: "-") else { continue }
            return words.dropFirst(hyphen + 1).first.map(String.init)
        }
        return nil
    }
}

extension SystemError {
    /// What a file says of which nobody serves the mount any more.
    public static let notConnected = SystemError(code: ENOTCONN)
}
