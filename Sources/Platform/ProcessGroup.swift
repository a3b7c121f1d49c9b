import Glibc

/// A group of processes that somebody else has started.
public struct ProcessGroup: Sendable {
    private let number: Int32
    private let session: Int32

    /// Nothing when there is no such process any more, or it leads no group.
    public init?(_ leader: Int32) {
        guard leader > 1, getpgid(leader) == leader else { return nil }
        number = leader
        session = getsid(leader)
    }

    /// Those of it that run. One that has got the number since belongs to another session, or was started by whoever is to be
    /// killed.
    public var members: [RunningProcess] {
        RunningProcess.all.filter { $0.group == number && $0.session == session && !$0.isZombie }
    }

    /// Whether anybody was left.
    public func kill() -> Bool {
        guard !members.isEmpty else { return false }
        return Glibc.kill(-number, SIGKILL) == 0
    }
}
