public import JSON
public import Platform

/// Follows what happens to the mounts of a task, as the supervisor tells it.
public final class TaskFollowing: Sendable {
    private static let longestLine = 1 << 20

    private let connection: LocalConnection
    private let begun = Semaphore()
    private let ended = Semaphore()

    /// `take` is called by a thread of its own, and not after `end` has returned. Nothing where there is no supervisor.
    public init?(_ folder: TaskFolder, _ environment: Environment, _ take: @escaping @Sendable (JSONValue) -> Void) {
        guard let connection = try? SupervisorClient(folder, environment).connect(),
            connection.write(line: ControlRequest.follow.json.compact)
        else { return nil }
        self.connection = connection
        let thread = MaskedThread.start(named: "following") { [connection, begun, ended] in
            var lines = LocalLines(of: connection)
            // The answer, from which on everything is told.
            var line = lines.next(limit: Self.longestLine)
            begun.signal()
            while line != nil {
                line = lines.next(limit: Self.longestLine)
                guard let event = line.flatMap({ try? JSONValue(reading: $0) }), event["end"] == nil else { break }
                take(event)
            }
            ended.signal()
        }
        guard thread != nil else { return nil }
        begun.wait()
    }

    /// Returns when all that had happened before has been taken.
    public func end() {
        connection.write(line: "end")
        ended.wait()
        // For whoever asks for that again.
        ended.signal()
        connection.end()
    }
}
