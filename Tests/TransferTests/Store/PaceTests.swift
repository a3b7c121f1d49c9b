import ObjectStore
import Platform
import TestSupport
import Testing

@testable import Transfer

/// That a copy has as many requests under way as `PaceRule` finds to be of use. What that is in which world, `PaceRuleTests` say;
/// here time is real, and only the number of reads at once counts, with room for a machine that is slow.
@Suite(.apart) struct PaceTests {
    private func sandbox(_ store: MemoryStore, objects: Int, ceiling: Int) throws -> StoreSandbox {
        var sandbox = try StoreSandbox(store)
        sandbox.requests = ceiling
        sandbox.gate = Gate(ceiling)
        // What the process takes of the processors is mostly that of tests beside this one: the store alone shall count.
        sandbox.processorTime = { ProcessorTime(used: 0, wanted: 0) }
        for number in 0..<objects { store.set(ObjectKey("\(number)"), pattern(10, seed: number)) }
        return sandbox
    }

    /// A copy begins with 16, and goes from there to 64 before anything has been compared. For more than that, 64 must have
    /// taken less than 1.6 times as long as 16: with a distance of a second, the machine has 600 ms for the work of 64 small
    /// objects, which takes it a twentieth of that.
    @Test func behindADistance() throws {
        let store = MemoryStore { _, _, _ throws(StoreError) in
            await AlarmClock.shared.pause(milliseconds: 1000)
        }
        let done = try sandbox(store, objects: 400, ceiling: 128).copy()
        #expect(done.outcome.failure == nil && done.progress.objectsDone == 400)
        #expect(store.mostReadsAtOnce > 64)
        #expect(store.mostReadsAtOnce <= 128)
    }

    /// The others stand in line, and more of them make it longer. That is seen as soon as there are 64. Should the machine stand
    /// still while there are 16, these look as slow, and there are 256 once: only who looks at nothing gets beyond that.
    @Test func beforeAServerThatDoesOneAfterTheOther() throws {
        let server = Gate(1)
        let store = MemoryStore { _, _, _ throws(StoreError) in
            await server.enter()
            await AlarmClock.shared.pause(milliseconds: 2)
            server.leave()
        }
        let done = try sandbox(store, objects: 1200, ceiling: 1024).copy()
        #expect(done.outcome.failure == nil && done.progress.objectsDone == 1200)
        #expect(store.mostReadsAtOnce <= 256)
    }
}
