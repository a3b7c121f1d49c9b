import Testing

@testable import Platform

@Suite struct WorkShiftTests {
    @Test func whoIsAtOneThingForTwoLooksNoLongerCounts() {
        var shift = WorkShift()
        let first = shift.enter()
        let second = shift.enter()
        #expect(shift.count == 0)
        shift.begin(first)
        shift.look()
        shift.begin(second)
        #expect(shift.count == 2)
        shift.look()
        #expect(shift.count == 1)
        shift.look()
        #expect(shift.count == 0)
        // What has ended is not counted twice, and the next thing counts.
        shift.end(first)
        #expect(shift.count == 0)
        shift.begin(first)
        #expect(shift.count == 1)
        shift.end(second)
        #expect(shift.count == 1)
        shift.end(first)
        #expect(shift.count == 0)
    }

    @Test func whoBeginsSomethingNewIsAtWork() {
        var shift = WorkShift()
        let thread = shift.enter()
        for _ in 0..<10 {
            shift.begin(thread)
            shift.look()
            #expect(shift.count == 1)
            shift.end(thread)
        }
    }
}
