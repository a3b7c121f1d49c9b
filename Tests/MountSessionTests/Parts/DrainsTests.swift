import Synchronization
import Testing

@testable import MountSession

/// Who waits until everything is in the bucket.
struct DrainsTests {
    @Test func eachIsToldOnce() throws {
        let told = Mutex<[Int]>([])
        var drains = Drains()
        let numbers = try (0..<3).map { index in
            try #require(drains.add { told.withLock { $0.append(index) } })
        }
        #expect(Set(numbers).count == 3 && drains.numbers == numbers.sorted())
        drains.take(numbers[1])?()
        #expect(drains.take(numbers[1]) == nil)
        for rest in drains.takeAll() { rest() }
        #expect(told.withLock { $0.first } == 1 && told.withLock { $0.sorted() } == [0, 1, 2])
        #expect(drains.numbers == [] && drains.takeAll().isEmpty)
    }

    /// A number that somebody waits under is given to nobody else, however often the others come around.
    @Test func numbersAreGivenAgain() throws {
        var drains = Drains()
        let first = try #require(drains.add {})
        for _ in 0..<1000 {
            let number = try #require(drains.add {})
            #expect(number != first && drains.take(number) != nil)
        }
        for _ in 0..<254 { #expect(drains.add {} != nil) }
        #expect(drains.add {} == nil && drains.numbers.count == 255)
    }
}
