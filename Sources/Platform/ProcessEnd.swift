import Glibc

/// How a process has ended.
public enum ProcessEnd: Sendable, Equatable {
    case exited(Int32)
    case killed(signal: Int32)

    /// From what waitpid(2) says.
    init(_ status: Int32) {
        let signal = status & 0x7F
        self = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: signal)
    }

    /// By what no process can refuse.
    public var isKill: Bool { self == .killed(signal: SIGKILL) }

    /// 128+n when signal n ended it, as shells say.
    public var status: Int32 {
        switch self {
        case .exited(let status): status
        case .killed(let signal): 128 + signal
        }
    }

    /// Of this one process and no other; nothing while it runs, unless its end is waited for. Where somebody else has
    /// waited for it, nobody knows any more how it ended: 255.
    public static func of(_ process: Int32, waiting: Bool) -> ProcessEnd? {
        var status: Int32 = 0
        while true {
            let result = waitpid(process, &status, waiting ? 0 : WNOHANG)
            if result == process { return ProcessEnd(status) }
            if result == 0 { return nil }
            if errno != EINTR { return .exited(255) }
            if !waiting { return nil }
        }
    }

    /// Returns when the process has ended, and leaves it to be asked with `of`: until then its number means no other.
    public static func await(_ process: Int32) {
        var information = siginfo_t()
        while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) == -1 && errno == EINTR {}
    }
}
