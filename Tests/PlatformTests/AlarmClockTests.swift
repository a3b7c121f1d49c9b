import Synchronization
import Testing

@testable import Platform

struct AlarmClockTests {
    private let clock = AlarmClock.shared

    @Test func alarmsRingInTheOrderOfTheirTimes() {
        let order = Mutex<[Int]>([])
        let rung = Semaphore()
        for (index, milliseconds) in [1500, 500, 1000].enumerated() {
            _ = clock.set(milliseconds: milliseconds) {
                order.withLock { $0.append(index) }
                rung.signal()
            }
        }
        for _ in 0..<3 { rung.wait() }
        #expect(order.withLock { $0 } == [1, 2, 0])
    }

    @Test func whatWasCalledOffDoesNotRing() {
        let hasRung = Atomic(false)
        let early = clock.set(milliseconds: 1000) { hasRung.store(true, ordering: .relaxed) }
        #expect(clock.callOff(early))
        #expect(!clock.callOff(early))
        let rung = Semaphore()
        let late = clock.set(milliseconds: 1100) { rung.signal() }
        rung.wait()
        #expect(!hasRung.load(ordering: .relaxed) && !clock.callOff(late))
    }

    @Test func anEarlierAlarmDoesNotWaitForALaterOne() {
        let far = clock.set(milliseconds: 3_600_000) {}
        let rung = Semaphore()
        _ = clock.set(milliseconds: 1) { rung.signal() }
        rung.wait()
        #expect(clock.callOff(far))
    }

    @Test func aPauseLasts() async {
        let before = MonotonicTime.milliseconds
        await clock.pause(milliseconds: 30)
        #expect(MonotonicTime.milliseconds - before >= 30)
    }

    @Test func aPauseEndsWithItsTask() async {
        let pause = Task { [clock] in await clock.pause(milliseconds: 3_600_000) }
        pause.cancel()
        await pause.value
    }
}
