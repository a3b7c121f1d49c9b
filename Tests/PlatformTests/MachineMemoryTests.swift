import Platform
import TestSupport
import Testing

/// How much memory there is, as control groups of both versions say it.
@Suite struct MachineMemoryTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["proc", "proc/self", "cgroup", "cgroup/a", "cgroup/a/b", "cgroup/memory", "cgroup/memory/a"] {
            try Files.makeFolder(folder.path(name))
        }
    }

    private var memory: Int {
        MachineMemory(processes: RawPath(folder.path("proc")), groups: RawPath(folder.path("cgroup"))).bytes
    }

    @Test func withoutGroups() {
        #expect(memory > 64 << 20)
    }

    /// The least on the way up counts.
    @Test func second() throws {
        try folder.write("0::/a/b\n", to: "proc/self/cgroup")
        let whole = memory
        try folder.write("max\n", to: "cgroup/a/b/memory.max")
        #expect(memory == whole)
        try folder.write("400000000\n", to: "cgroup/a/b/memory.max")
        #expect(memory == 400_000_000)
        try folder.write("300000000\n", to: "cgroup/a/memory.max")
        #expect(memory == 300_000_000)
        // Seen from inside of a container the path may be another group's.
        try folder.write("200000000\n", to: "cgroup/memory.max")
        try folder.write("0::/not/here\n", to: "proc/self/cgroup")
        #expect(memory == 200_000_000)
    }

    @Test func first() throws {
        try folder.write("3:cpu,cpuacct:/a\n2:memory:/a\n0::/\n", to: "proc/self/cgroup")
        try folder.write("9223372036854771712\n", to: "cgroup/memory/memory.limit_in_bytes")
        let whole = memory
        #expect(whole < 9_223_372_036_854_771_712)
        try folder.write("123456789\n", to: "cgroup/memory/a/memory.limit_in_bytes")
        #expect(memory == 123_456_789)
    }
}
