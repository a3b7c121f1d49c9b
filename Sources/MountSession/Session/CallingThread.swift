import CShims
import Glibc
import Platform

/// What the kernel tells of a thread that asks for something. Nothing is known of threads of other PID namespaces.
///
/// That is asked with every file that is created and every close, so what it says is taken apart as bytes: characters would
/// take longer than all else that we do with a small file.
enum CallingThread {
    /// Signals that by default end nobody.
    private static let harmless: UInt64 =
        [SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH].reduce(0) { mask, signal in
            mask | 1 << (UInt64(signal) - 1)
        }

    /// What it belongs to; 0 where that is not known.
    static func process(of thread: Int32) -> Int32 {
        leads(thread) ? thread : text("status", of: thread).flatMap { process(status: $0) } ?? 0
    }

    /// Most programs write with their first thread, whose number is that of the process. To ask for that costs a hundredth of what
    /// it costs to have the kernel write all that it knows.
    private static func leads(_ thread: Int32) -> Bool {
        thread != 0 && (shim_find_thread(thread, thread) == 0 || errno == EPERM)
    }

    static func process(status: String) -> Int32? {
        lines(status).first { $0.name == "Tgid" }.flatMap { Int32($0.value) }
    }

    // MARK: Its end

    /// Whether a signal is about to end it.
    static func isDying(_ thread: Int32) -> Bool {
        text("status", of: thread).map { isDying(status: $0) } ?? false
    }

    static func isDying(status: String) -> Bool {
        var masks: [Substring: UInt64] = [:]
        for (name, value) in lines(status) { masks[name] = UInt64(value, radix: 16) }
        guard let own = masks["SigPnd"], let shared = masks["ShdPnd"], let blocked = masks["SigBlk"],
            let ignored = masks["SigIgn"], let caught = masks["SigCgt"]
        else { return false }
        return (own | shared) & ~(blocked | ignored | caught | harmless) != 0
    }

    /// Whether a signal has ended it, so that the kernel closes its files. A program that closes a file itself, and is
    /// killed while it waits, has closed it all the same.
    static func wasKilled(_ thread: Int32) -> Bool {
        guard let stat = text("stat", of: thread), let end = End(stat: stat), end.isExiting else { return false }
        // The exit code is not for everybody to see, and is 0 then.
        return end.signal != 0 || end.exitCode == 0 && isDying(thread)
    }

    /// From `/proc/THREAD/stat`.
    struct End: Equatable {
        /// It runs no code of its program any more.
        let isExiting: Bool
        let exitCode: Int32
        var signal: Int32 { exitCode & 0x7f }

        init?(stat: String) {
            // The name of the program may hold anything.
            guard let nameEnd = stat.utf8.lastIndex(of: UInt8(ascii: ")")) else { return nil }
            let fields = stat.utf8[nameEnd...].dropFirst().split { $0 <= UInt8(ascii: " ") }.map(Substring.init)
            // The third field of proc(5) is the first one here.
            guard fields.count >= 50, let flags = UInt32(fields[6]), let exitCode = Int32(fields[49]) else {
                return nil
            }
            isExiting = flags & Self.exiting != 0
            self.exitCode = exitCode
        }

        /// PF_EXITING.
        private static let exiting: UInt32 = 4
    }

    /// Names and what is behind the blanks that follow them.
    private static func lines(_ status: String) -> some Sequence<(name: Substring, value: Substring)> {
        status.utf8.split(separator: UInt8(ascii: "\n")).lazy.map { line in
            let end = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
            let value = line[end...].dropFirst().drop { $0 <= UInt8(ascii: " ") }
            return (Substring(line[..<end]), Substring(value))
        }
    }

    private static func text(_ name: String, of thread: Int32) -> String? {
        guard thread != 0 else { return nil }
        let bytes = try? FileReading.bytes(of: "/proc/\(thread)/\(name)", limit: 16 << 10)
        return bytes.map { String(decoding: $0, as: UTF8.self) }
    }
}
