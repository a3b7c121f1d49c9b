import CShims
import Glibc

/// Whether this process may mount with FUSE.
public enum FUSEDevice {
    public static let path = "/dev/fuse"

    public struct Obstacle: Error, Sendable, Equatable {
        public var message: String
        public var hint: String
    }

    /// What is in the way; nothing when mounting is worth a try.
    public static var obstacle: Obstacle? {
        let hint = "a container needs --device /dev/fuse and CAP_SYS_ADMIN; `provision doctor` shows what is missing"
        do throws(SystemError) {
            let device = try OwnedDescriptor.open(RawPath(path), O_RDWR)
            guard isDevice(device) else { return Obstacle(message: "\(path) is not the device of FUSE", hint: hint) }
        } catch {
            return Obstacle(message: "\(path) cannot be opened: \(error.description)", hint: hint)
        }
        guard mayMount else {
            return Obstacle(message: "this user may not mount (CAP_SYS_ADMIN is missing)", hint: hint)
        }
        return nil
    }

    /// Number 10:229, wherever Linux runs.
    private static func isDevice(_ device: borrowing OwnedDescriptor) -> Bool {
        var status = stat()
        return fstat(device.raw, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 10 << 8 | 229
    }

    private static var mayMount: Bool {
        guard let bytes = try? FileReading.bytes(of: "/proc/self/status", limit: 1 << 16) else { return geteuid() == 0 }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("CapEff:") {
            let mask = line.dropFirst(7).drop(while: \.isWhitespace)
            return UInt64(mask, radix: 16).map { $0 & 1 << 21 != 0 } ?? false
        }
        return geteuid() == 0
    }
}
