import Foundation
import ObjectStore
import Plan
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Transfer

/// What a copy takes of the memory it was given, and that all of it is given back, however it ends.
@Suite struct StoreCopyMemoryTests {
    private func sandbox(_ store: MemoryStore = MemoryStore(), memory: Int) throws -> StoreSandbox {
        var sandbox = try StoreSandbox(store)
        sandbox.memory = MemoryBudget(memory)
        sandbox.partSize = 8192
        for number in 0..<40 { store.set(ObjectKey("small/\(number)"), pattern(100)) }
        store.set("large", pattern(100_000))
        return sandbox
    }

    @Test(arguments: [0, 300_000, 64 << 20], [Int.max, 50_000])
    func takesNoMoreThanThereIs(memory: Int, directFrom: Int) throws {
        // So that whoever may read at the same time does.
        let store = MemoryStore { _, _, _ throws(StoreError) in try? await Task.sleep(for: .milliseconds(2)) }
        var sandbox = try sandbox(store, memory: memory)
        sandbox.directFrom = directFrom
        #expect(try sandbox.copy().outcome.failure == nil)
        #expect(sandbox.files.count == 41)
        #expect(sandbox.files["large"] == pattern(100_000))
        #expect(sandbox.memory.used == 0)
        #expect(sandbox.memory.waiting == 0)
        #expect(sandbox.memory.peak > 0)
        // Whoever is alone takes what it needs: a page of a listing is the most.
        #expect(sandbox.memory.peak <= max(memory, 2 << 20))
        // Little memory is few requests at once.
        if memory == 0 { #expect(sandbox.store.mostReadsAtOnce == 1) }
        if memory == 64 << 20 { #expect(sandbox.store.mostReadsAtOnce > 1) }
    }

    @Test func allOfItComesBackAfterAFailure() throws {
        let store = MemoryStore { number, _, _ throws(StoreError) in
            if number > 10 { throw StoreError(.denied, "no") }
        }
        let sandbox = try sandbox(store, memory: 300_000)
        #expect(try sandbox.copy().outcome.failure?.code == .sourceDenied)
        #expect(sandbox.memory.used == 0)
        #expect(sandbox.memory.waiting == 0)
    }

    @Test func allOfItComesBackAfterACancellation() throws {
        let store = MemoryStore.stalling(behind: 2)
        let sandbox = try sandbox(store, memory: 300_000)
        let done = try sandbox.copy(endedAfter: 100)
        #expect(done.outcome.failure?.code == .cancelled)
        #expect(sandbox.memory.used == 0)
        #expect(sandbox.memory.waiting == 0)
    }

    /// The manifest of what is in place is held only as long as the copy runs.
    @Test func againAndMirrored() throws {
        let sandbox = try sandbox(memory: 1 << 20)
        #expect(try sandbox.copy().outcome.failure == nil)
        for number in 0..<39 { sandbox.store.remove(ObjectKey("small/\(number)")) }
        let done = try sandbox.copy("s3://bucket-1", "on_nonempty: mirror")
        #expect(done.outcome.failure == nil)
        #expect(done.outcome.removed == 39)
        #expect(Set(sandbox.files.keys) == ["large", "small/39"])
        #expect(sandbox.memory.used == 0)
    }

    // MARK: What was listed

    /// Cuts the files without a name that this process has in a folder.
    private func cutFiles(in folder: String) -> Int {
        var cut = 0
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            var path = [UInt8](repeating: 0, count: 4096)
            let count = path.withUnsafeMutableBytes { readlink("/proc/self/fd/" + name, $0.baseAddress!, $0.count) }
            guard count > 0, String(decoding: path[..<count], as: UTF8.self).hasPrefix(folder + "/") else { continue }
            if truncate("/proc/self/fd/" + name, 1000) == 0 { cut += 1 }
        }
        return cut
    }

    /// Nothing is taken for all there is that is not: the mount fails, and a mirror removes nothing.
    @Test func aListingThatCannotBeReadBack() throws {
        let store = MemoryStore()
        var sandbox = try StoreSandbox(store)
        sandbox.memory = MemoryBudget(0)
        let spool = try TemporaryFolder()
        sandbox.spool = RawPath(spool.path)
        for number in 0..<8000 { store.set(ObjectKey("a-name-that-takes-some-room/\(10_000 + number)"), []) }
        let preflight = try sandbox.preflight("s3://bucket-1", "on_nonempty: mirror")
        let mount = try #require(preflight.mounts.first)
        #expect(cutFiles(in: spool.path) == 1)
        let limits = CopyLimits(threads: 4, memory: sandbox.memory)
        let outcome = Copy(
            mount, stateFolder: sandbox.folder.path("state"), progress: CopyProgress(), limits: limits
        ).run(waits: {})
        #expect(outcome.failure?.code == .inputOutput)
        #expect(outcome.failure?.exitStatus == .inputOutput)
        #expect(outcome.failure?.message.contains("listing") == true, "\(String(describing: outcome.failure))")
        #expect(sandbox.files.isEmpty)
    }
}
