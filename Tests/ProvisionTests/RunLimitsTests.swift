import Plan
import Platform
import TaskFile
import Testing
import Transfer

@testable import Executor

/// What mounts and copies of one task have of its ceilings.
@Suite struct RunLimitsTests {
    private static let all = 1 << 30

    private func mount(_ keys: String = "") throws -> Mount {
        let text = "file_mounts: {/x: {source: s3://bucket-1\(keys)}}"
        let context = TaskContext(environment: Environment(["HOME": "/root"]), home: "/root")
        let file = TaskFile.read([UInt8](text.utf8), file: "task.yaml", context: context)
        let task = try #require(file.tasks.first, "\(file.diagnostics)")
        return try #require(task.mounts.first)
    }

    /// Together they are never more than all, whoever is there.
    @Test(arguments: [1, 2, 5, 40], [false, true])
    func sharesOfAll(mounts: Int, hasCopies: Bool) throws {
        for jobs in [1, 7, 64] {
            let limits = RunLimits(jobs: jobs, memory: MemoryBudget(Self.all))
            let shared = limits.shared(byMounts: mounts, andCopies: hasCopies)
            let copies = shared.copy(of: try mount())
            let memory = mounts * shared.ofEachMount.memory + (hasCopies ? copies.memory.total : 0)
            #expect(memory <= Self.all && memory > Self.all - 64)
            // Everybody has one at least.
            let parts = mounts + (hasCopies ? 1 : 0)
            let requests = try #require(shared.ofEachMount.requests)
            #expect(requests >= 1 && mounts * requests <= max(jobs, mounts) || parts < 2)
        }
    }

    @Test func whoIsAloneHasAll() throws {
        let limits = RunLimits(jobs: 9, memory: MemoryBudget(Self.all))
        let copies = limits.shared(byMounts: 0, andCopies: true).copy(of: try mount())
        #expect(copies.memory.total == Self.all && copies.requests == 9)
        let one = limits.shared(byMounts: 1, andCopies: false)
        #expect(one.ofEachMount.memory == Self.all && one.ofEachMount.requests == 9)
    }

    /// What has been listed stays where it is, and is nobody's part.
    @Test func whatIsTakenIsNotShared() async {
        let memory = MemoryBudget(Self.all)
        await memory.take(Self.all / 4)
        let shared = RunLimits(memory: memory).shared(byMounts: 2, andCopies: true)
        #expect(shared.ofEachMount.memory == Self.all / 4 && shared.ofEachMount.requests == nil)
    }
}
