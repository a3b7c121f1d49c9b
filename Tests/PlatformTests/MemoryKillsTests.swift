import Glibc
import Platform
import TestSupport
import Testing

/// Who was killed for want of memory, as control groups of both versions and the machine say it.
@Suite struct MemoryKillsTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["proc", "proc/self", "cgroup", "cgroup/a", "cgroup/memory", "cgroup/memory/a"] {
            try Files.makeFolder(folder.path(name))
        }
        try folder.write("nr_free_pages 7\noom_kill 2\n", to: "proc/vmstat")
    }

    private func kills() -> MemoryKills {
        MemoryKills(processes: RawPath(folder.path("proc")), groups: RawPath(folder.path("cgroup")))
    }

    /// What was before does not count, and nothing counts twice.
    private func expectCounted(_ write: (Int) throws -> Void) throws {
        try write(3)
        var kills = kills()
        var answers = [kills.haveHappened()]
        try write(5)
        for _ in 0..<2 { answers.append(kills.haveHappened()) }
        #expect(answers == [false, true, false])
        try write(6)
        answers = [kills.explain(.killed(signal: SIGKILL))]
        try write(7)
        answers += [kills.explain(.killed(signal: SIGTERM)), kills.explain(.killed(signal: SIGKILL))]
        #expect(answers == [true, false, false])
    }

    @Test func second() throws {
        try folder.write("0::/a\n", to: "proc/self/cgroup")
        try expectCounted {
            try folder.write("low 0\noom 9\noom_kill \($0)\noom_group_kill 0\n", to: "cgroup/a/memory.events")
        }
        // What is in other groups.
        var kills = kills()
        try folder.write("oom_kill 9\n", to: "proc/vmstat")
        let haveHappened = kills.haveHappened()
        #expect(!haveHappened)
    }

    @Test func first() throws {
        try folder.write("2:memory:/a\n0::/\n", to: "proc/self/cgroup")
        try expectCounted {
            try folder.write(
                "oom_kill_disable 0\nunder_oom 0\noom_kill \($0)\n", to: "cgroup/memory/a/memory.oom_control")
        }
    }

    @Test func withoutGroups() throws {
        try expectCounted { try folder.write("nr_free_pages 7\noom_kill \($0)\n", to: "proc/vmstat") }
    }

    @Test func nobodyTells() throws {
        try Files.remove(folder.path("proc/vmstat"))
        var kills = kills()
        let answers = [kills.haveHappened(), kills.explain(.killed(signal: SIGKILL))]
        #expect(answers == [false, false])
    }
}
