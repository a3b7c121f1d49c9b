import Glibc
import Platform

/// Whether a thread is about to be ended by a signal.
enum DyingThread {
    /// Signals that by default end nobody.
    private static let harmless: UInt64 =
        [SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH].reduce(0) { mask, signal in
            mask | 1 << (UInt64(signal) - 1)
        }

    /// False where the thread is not known, as one of another PID namespace.
    static func isDying(_ thread: Int32) -> Bool {
        guard thread != 0 else { return false }
        guard let status = try? FileReading.bytes(of: "/proc/\(thread)/status", limit: 16 << 10) else { return false }
        return isDying(status: String(decoding: status, as: UTF8.self))
    }

    static func isDying(status: String) -> Bool {
        var masks: [Substring: UInt64] = [:]
        for line in status.split(separator: "\n") {
            let parts = line.split(whereSeparator: { $0 == ":" || $0 == "\t" || $0 == " " })
            guard parts.count == 2, let mask = UInt64(parts[1], radix: 16) else { continue }
            masks[parts[0]] = mask
        }
        guard let own = masks["SigPnd"], let shared = masks["ShdPnd"], let blocked = masks["SigBlk"],
            let ignored = masks["SigIgn"], let caught = masks["SigCgt"]
        else { return false }
        return (own | shared) & ~(blocked | ignored | caught | harmless) != 0
    }
}
