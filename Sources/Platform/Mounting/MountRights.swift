import Glibc

/// What this process may do about mounts.
public enum MountRights {
    /// CAP_SYS_ADMIN.
    private static let administration: UInt64 = 1 << 21

    /// Whether it may mount by itself.
    public static var mayMount: Bool {
        guard let mask = status("CapEff") else { return geteuid() == 0 }
        return UInt64(mask, radix: 16).map { $0 & administration != 0 } ?? false
    }

    /// Whether programs that it starts may not get more rights than it has, as set-uid programs do.
    public static var isWithoutNewPrivileges: Bool { status("NoNewPrivs") == "1" }

    /// Whether system calls of it are filtered (seccomp).
    public static var isFiltered: Bool { status("Seccomp").map { $0 != "0" } ?? false }

    /// The profile of AppArmor's under which it runs, such as `docker-default (enforce)`; nothing where there is none.
    public static var profile: String? {
        guard let bytes = try? FileReading.bytes(of: "/proc/self/attr/current", limit: 4096) else { return nil }
        let text = String(decoding: bytes.filter { $0 != 0 && $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return text.isEmpty || text == "unconfined" ? nil : text
    }

    private static func status(_ name: String) -> Substring? {
        guard let bytes = try? FileReading.bytes(of: "/proc/self/status", limit: 1 << 16) else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix(name + ":") {
            return line.dropFirst(name.count + 1).drop(while: \.isWhitespace)
        }
        return nil
    }
}
