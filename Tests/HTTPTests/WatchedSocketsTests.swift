import Glibc
import Platform
import Testing

@testable import HTTP

/// Which sockets are waited for when numbers of descriptors come to mean something else.
struct WatchedSocketsTests {
    /// Two ends of a connection.
    private final class Ends {
        let number: Int32
        private let other: Int32

        init() throws {
            var ends: [Int32] = [-1, -1]
            try SystemError.check { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) }
            (number, other) = (ends[0], ends[1])
        }

        /// Others whose first end has the number of these, which are closed with that. In one step: no other test gets it.
        init(closing old: Ends) throws {
            let new = try Ends()
            (number, other) = (old.number, dup(new.other))
            try SystemError.check { dup2(new.number, old.number) }
            new.closeFirst()
        }

        func say() { _ = write(other, "x", 1) }
        func closeFirst() { close(number) }

        deinit { close(other) }
    }

    /// What a loop has of them.
    private final class Watched {
        let poll: EventPoll
        var sockets = WatchedSockets()

        init() throws { poll = try EventPoll() }

        func watch(_ ends: Ends, forReading: Bool = true) {
            sockets.watch(ends.number, forReading: forReading, forWriting: false, poll)
        }
        func noteOpened(_ ends: Ends) { sockets.noteOpened(ends.number, poll) }
        func isWanted(_ ends: Ends) -> Bool { sockets.isWanted(ends.number, poll) }

        var events: [Int32] {
            var events: [Int32] = []
            poll.wait(milliseconds: 100) { events.append($0.descriptor) }
            return events
        }
    }

    /// One that never came to a connection is closed, and the next one has its number: curl believes that it watches it already.
    @Test func aNumberThatIsUsedAgain() throws {
        let watched = try Watched()
        let first = try Ends()
        watched.noteOpened(first)
        watched.watch(first)
        let second = try Ends(closing: first)
        defer { second.closeFirst() }
        second.say()
        #expect(watched.events == [])
        watched.noteOpened(second)
        #expect(watched.events == [second.number])
        #expect(watched.isWanted(second))
    }

    /// The same when nobody has said a word of the second one yet, and it is watched for what the first one was.
    @Test func watchedForTheSameAgain() throws {
        let watched = try Watched()
        let first = try Ends()
        watched.watch(first)
        let second = try Ends(closing: first)
        defer { second.closeFirst() }
        second.say()
        watched.watch(second)
        #expect(watched.events == [second.number])
    }

    /// A connection that is not wanted stays watched, so that to want it again costs nothing, until something happens on it.
    @Test func aConnectionThatNobodyWants() throws {
        let watched = try Watched()
        let ends = try Ends()
        defer { ends.closeFirst() }
        watched.noteOpened(ends)
        watched.sockets.noteConnected(ends.number)
        watched.watch(ends)
        watched.watch(ends, forReading: false)
        ends.say()
        #expect(watched.events == [ends.number])
        #expect(!watched.isWanted(ends))
        #expect(watched.events == [])
        watched.watch(ends)
        #expect(watched.events == [ends.number] && watched.isWanted(ends))
    }

    /// What was known of a connection that was closed does not hold for the next one of its number.
    @Test func aConnectionThatIsClosed() throws {
        let watched = try Watched()
        let first = try Ends()
        watched.noteOpened(first)
        watched.sockets.noteConnected(first.number)
        watched.watch(first)
        watched.watch(first, forReading: false)
        watched.sockets.forget(first.number)
        let second = try Ends(closing: first)
        defer { second.closeFirst() }
        watched.noteOpened(second)
        watched.sockets.noteConnected(second.number)
        second.say()
        watched.watch(second)
        #expect(watched.events == [second.number])
    }
}
