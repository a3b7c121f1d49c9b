import Testing

@testable import MountSession

struct DeathsTests {
    private let most = 30

    @Test func firstOnesAreFollowedAtOnceThenLaterAndLater() {
        var deaths = Deaths(most: most)
        let pauses = (0..<most).map { deaths.pause(afterDeathAt: $0 * 10) }
        #expect(pauses.prefix(5) == [0, 0, 0, 0, 0])
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { ($0 ?? -1) <= ($1 ?? -1) })
        #expect(pauses.last == 1000)
        #expect(deaths.pause(afterDeathAt: most * 10) == nil)
    }

    @Test func whatIsLongAgoDoesNotCount() {
        var deaths = Deaths(most: most)
        for time in 0..<most { _ = deaths.pause(afterDeathAt: time) }
        #expect(deaths.pause(afterDeathAt: 2 * Deaths.window) == 0)
    }
}
