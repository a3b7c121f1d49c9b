import Testing

@testable import MountSession

struct DeathsTests {
    @Test func firstOnesAreFollowedAtOnceThenLaterAndLater() {
        var deaths = Deaths()
        let pauses = (0..<Deaths.most).map { deaths.pause(afterDeathAt: $0 * 10) }
        #expect(pauses.prefix(5) == [0, 0, 0, 0, 0])
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { ($0 ?? -1) <= ($1 ?? -1) })
        #expect(pauses.last == 1000)
        #expect(deaths.pause(afterDeathAt: Deaths.most * 10) == nil)
    }

    @Test func whatIsLongAgoDoesNotCount() {
        var deaths = Deaths()
        for time in 0..<Deaths.most { _ = deaths.pause(afterDeathAt: time) }
        #expect(deaths.pause(afterDeathAt: 2 * Deaths.window) == 0)
    }
}
