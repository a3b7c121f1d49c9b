import CShims
import Glibc

/// The processes that this one has to look after: those that it has started, and those that have lost their parents.
public enum Children {
    public enum News: Sendable, Equatable {
        case ended(Int32, ProcessEnd)
        /// By a signal, until it is continued.
        case stopped(Int32, signal: Int32)
    }

    /// From now on processes that lose their parents become children of ours, as they become those of process 1.
    public static func adoptOrphans() {
        // What the caller ignores would be lost before anybody can ask how it ended.
        signal(SIGCHLD, SIG_DFL)
        _ = shim_adopt_orphans()
    }

    /// What has happened to one of them; nothing when that is all. Whoever has ended is gone with this.
    public static func news() -> News? {
        while true {
            var status: Int32 = 0
            let process = waitpid(-1, &status, WNOHANG | WUNTRACED)
            if process > 0 {
                let hasStopped = status & 0xFF == 0x7F
                return hasStopped
                    ? .stopped(process, signal: (status >> 8) & 0xFF) : .ended(process, ProcessEnd(status))
            }
            guard process == -1, errno == EINTR else { return nil }
        }
    }
}
