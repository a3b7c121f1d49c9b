import Platform
import Testing

/// One owner of memory: nobody gets more than there is, everybody gets it in the end, and nothing is left over.
@Suite struct MemoryBudgetTests {
    /// Lets tasks that can go on go on.
    private func settle(until condition: () -> Bool) async throws {
        for _ in 0..<2000 where !condition() { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test func neverMoreThanThereIs() async {
        let budget = MemoryBudget(1000)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let bytes = 100 + number % 7 * 50
                    await budget.take(bytes)
                    await Task.yield()
                    budget.giveBack(bytes)
                }
            }
        }
        #expect(budget.peak <= 1000)
        #expect(budget.peak > 500)
        #expect(budget.used == 0)
        #expect(budget.waiting == 0)
    }

    /// In the order in which they came: a large one is not passed by small ones for ever.
    @Test func inLine() async throws {
        let budget = MemoryBudget(100)
        await budget.take(80)
        let large = Task { await budget.take(90) }
        try await settle { budget.waiting == 1 }
        let small = Task { await budget.take(10) }
        try await settle { budget.waiting == 2 }
        #expect(budget.used == 80)
        budget.giveBack(80)
        await large.value
        await small.value
        #expect(budget.used == 100)
        budget.giveBack(90)
        budget.giveBack(10)
        #expect(budget.used == 0)
    }

    /// The least budget gets the largest work done, one after the other.
    @Test func whoIsAloneNeverWaits() async throws {
        let budget = MemoryBudget(10)
        let kept = budget.charge(500)
        await budget.take(1000)
        let other = Task { await budget.take(1) }
        try await settle { budget.waiting == 1 }
        #expect(budget.used == 1500)
        budget.giveBack(1000)
        await other.value
        budget.giveBack(1)
        #expect(budget.used == 500)
        withExtendedLifetime(kept) {}
    }

    /// What can be kept elsewhere leaves half for work.
    @Test func holding() async {
        let budget = MemoryBudget(100)
        do {
            let first = budget.hold(40)
            #expect(first != nil)
            #expect(budget.hold(20) == nil)
            #expect(budget.used == 40)
            withExtendedLifetime(first) {}
        }
        #expect(budget.used == 0)
        await budget.take(60)
        #expect(budget.hold(1) == nil)
        budget.giveBack(60)
    }

    /// Buffers are used again, and go when the room is wanted for something else.
    @Test func buffers() async {
        let budget = MemoryBudget(1 << 20)
        let first = await budget.take(10, andBufferOf: 4096)
        let second = await budget.take(10, andBufferOf: 4096)
        #expect(budget.used == 2 * (4096 + 10))
        let place = second.prefix(1).baseAddress
        budget.giveBack(10, and: first)
        budget.giveBack(10, and: second)
        #expect(budget.used == 0)
        #expect(budget.idle == 8192)
        let third = await budget.take(0, andBufferOf: 4096)
        #expect(third.prefix(1).baseAddress == place)
        await budget.take((1 << 20) - 8192)
        #expect(budget.idle == 4096)
        budget.giveBack((1 << 20) - 8192)
        budget.giveBack(0, and: third)
        #expect(budget.idle == 8192)
        await budget.take(1 << 20)
        #expect(budget.idle == 0)
        budget.giveBack(1 << 20)
        #expect(budget.used == 0)
    }
}
