import Platform

/// What the kernel says of the mounts that this process sees.
enum MountTable {
    private static let limit = 16 << 20

    /// Such as `ext4` or `fuse.provision`; nothing where the mount is not known.
    static func type(ofMount mount: UInt64) -> String? {
        guard let table = try? FileReading.bytes(of: "/proc/self/mountinfo", limit: limit) else { return nil }
        return type(ofMount: mount, in: String(decoding: table, as: UTF8.self))
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
