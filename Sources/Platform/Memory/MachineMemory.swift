import Glibc

/// How much memory this process may use: the machine's, or less where a control group says so.
public struct MachineMemory {
    /// Where the kernel tells it; tests have folders of their own.
    private let processes: RawPath
    private let groups: RawPath

    public init(processes: RawPath = "/proc", groups: RawPath = "/sys/fs/cgroup") {
        self.processes = processes
        self.groups = groups
    }

    public var bytes: Int {
        let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return limits.reduce(machine, min)
    }

    /// Those of our group and of all above it. In a container the path may be one that is not visible here; then its root is
    /// our group.
    private var limits: [Int] {
        lines(of: processes.appending("self/cgroup")).flatMap { line -> [Int] in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let controllers = parts[1].split(separator: ",")
            let (root, file): (RawPath, RawPath)
            if parts[0] == "0" && controllers.isEmpty {
                (root, file) = (groups, "memory.max")
            } else if controllers.contains("memory") {
                (root, file) = (groups.appending("memory"), "memory.limit_in_bytes")
            } else {
                return []
            }
            let group = RawPath(parts[2].drop { $0 == "/" })
            let folders = ([group] + group.ancestors).filter { !$0.isEmpty }.map(root.appending) + [root]
            return folders.compactMap { lines(of: $0.appending(file)).first.flatMap { Int($0) } }
        }
    }

    private func lines(of path: RawPath) -> [Substring] {
        guard let text = path.exactText, let bytes = try? FileReading.bytes(of: text, limit: 1 << 16) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
