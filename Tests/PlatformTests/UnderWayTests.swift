import Platform
import Synchronization
import Testing

struct UnderWayTests {
    @Test func nobodyWaitsForNothing() async {
        let underWay = UnderWay()
        await underWay.wait()
        #expect(!underWay.isAny)
    }

    private final class Count: Sendable {
        let told = Atomic(0)
    }

    @Test func allWhoWaitAreToldOnceAndAtTheEnd() async {
        let underWay = UnderWay()
        let count = Count()
        for _ in 0..<3 { underWay.begin() }
        await withTaskGroup { group in
            for _ in 0..<5 {
                group.addTask {
                    await underWay.wait()
                    count.told.add(1, ordering: .sequentiallyConsistent)
                }
            }
            for left in [2, 1] {
                underWay.end()
                try? await Task.sleep(for: .milliseconds(20))
                #expect(count.told.load(ordering: .sequentiallyConsistent) == 0 && underWay.isAny, "\(left)")
            }
            underWay.end()
        }
        #expect(count.told.load(ordering: .sequentiallyConsistent) == 5 && !underWay.isAny)
        underWay.begin()
        #expect(underWay.isAny)
    }
}
