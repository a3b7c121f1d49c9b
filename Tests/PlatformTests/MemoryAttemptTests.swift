import Platform
import Synchronization
import Testing

/// Memory for what can do without.
struct MemoryAttemptTests {
    @Test func anAttemptTakesWhatIsThere() {
        let budget = MemoryBudget(100)
        #expect(budget.tryTake(60))
        #expect(!budget.tryTake(41))
        #expect(budget.tryTake(40))
        budget.giveBack(60)
        budget.giveBack(40)
        #expect(budget.used == 0)
    }

    @Test func whoIsAloneGetsAnythingUnlessSomethingIsToBeLeft() {
        let budget = MemoryBudget(100)
        #expect(!budget.tryTake(91, leaving: 10))
        #expect(budget.tryTake(90, leaving: 10))
        budget.giveBack(90)
        #expect(budget.tryTake(1000))
        budget.giveBack(1000)
    }

    @Test func nobodyOvertakesThoseWhoWait() async {
        let budget = MemoryBudget(100)
        #expect(budget.tryTake(60))
        let waiting = Task { await budget.take(70) }
        while budget.waiting == 0 { await Task.yield() }
        #expect(!budget.tryTake(10))
        budget.giveBack(60)
        await waiting.value
        #expect(budget.tryTake(10))
    }

    @Test func whoHasSomethingToGiveIsAsked() async {
        let budget = MemoryBudget(100)
        #expect(budget.tryTake(80))
        let asked = Atomic(0)
        budget.whenShort {
            asked.add(1, ordering: .relaxed)
            budget.giveBack(80)
        }
        await budget.take(20)
        #expect(asked.load(ordering: .relaxed) == 0)
        await budget.take(70)
        #expect(asked.load(ordering: .relaxed) == 1)
        #expect(budget.used == 90)
    }

    @Test func idleBuffersCanBeFreed() throws {
        let budget = MemoryBudget(1 << 20)
        let buffer = try #require(budget.tryTakeBuffer(4096))
        #expect(budget.tryTakeBuffer(1 << 20) == nil)
        budget.giveBack(0, and: buffer)
        #expect(budget.idle == 4096)
        budget.freeIdle()
        #expect(budget.idle == 0 && budget.used == 0)
    }
}
