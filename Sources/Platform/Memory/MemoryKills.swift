/// Whether the kernel has killed anybody for want of memory since it was asked last: in our control group, or on the whole
/// machine where no group tells. A process that has died of SIGKILL meanwhile has most likely died of that.
public struct MemoryKills: Sendable {
    private let processes: RawPath
    private let groups: MemoryGroups
    private var seen: Int

    public init(processes: RawPath = "/proc", groups: RawPath = "/sys/fs/cgroup") {
        self.processes = processes
        self.groups = MemoryGroups(processes: processes, groups: groups)
        seen = 0
        seen = count
    }

    public mutating func haveHappened() -> Bool {
        let count = count
        defer { seen = count }
        return count > seen
    }

    /// Whether that is what a process has died of.
    public mutating func explain(_ end: ProcessEnd) -> Bool {
        let haveHappened = haveHappened()
        return haveHappened && end.isKill
    }

    private var count: Int {
        let own = groups.lines(unified: "memory.events", first: "memory.oom_control").compactMap(Self.number).first
        return own ?? Self.number(in: MemoryGroups.lines(of: processes.appending("vmstat"))) ?? 0
    }

    private static func number(in lines: [Substring]) -> Int? {
        for line in lines {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "oom_kill" { return Int(words[1]) }
        }
        return nil
    }
}
