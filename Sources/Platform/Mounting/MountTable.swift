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

    /// Whether what has this number is mounted anywhere, or at this path, perhaps below something else; also when that cannot
    /// be told. With the end of a mount the kernel gives its number to another one.
    public static func holds(major: UInt32, minor: UInt32, at path: RawPath? = nil) -> Bool {
        current.map { holds(major: major, minor: minor, at: path, in: $0) } ?? true
    }

    /// A line has the number third, and the path fifth.
    static func holds(major: UInt32, minor: UInt32, at path: RawPath?, in table: String) -> Bool {
        let (device, place) = ("\(major):\(minor)", path.map(written))
        return table.split(separator: "\n").contains { line in
            let words = line.split(separator: " ", maxSplits: 5)
            return words.count > 5 && words[2] == device && (place.map { words[4] == $0 } ?? true)
        }
    }

    /// As the table has it: what would end a word is a number in it.
    private static func written(_ path: RawPath) -> String {
        let special: [UInt8: String] = [0x09: "\\011", 0x0A: "\\012", 0x20: "\\040", 0x5C: "\\134"]
        let bytes = path.bytes.flatMap { byte in special[byte].map { Array($0.utf8) } ?? [byte] }
        return String(decoding: bytes, as: UTF8.self)
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
