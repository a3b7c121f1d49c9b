import Glibc

/// How much memory this process may use: the machine's, or less where a control group says so.
public struct MachineMemory {
    private let memory: MemoryGroups

    public init(processes: RawPath = "/proc", groups: RawPath = "/sys/fs/cgroup") {
        memory = MemoryGroups(processes: processes, groups: groups)
    }

    public var bytes: Int {
        let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        // Those of our group and of all above it.
        let limits = memory.lines(unified: "memory.max", first: "memory.limit_in_bytes").compactMap { Int($0[0]) }
        return limits.reduce(machine, min)
    }
}
