import JSON
import Platform
import Synchronization

/// One line of NDJSON.
enum Event {
    static func line(_ event: String, mount: String?, _ members: [JSONValue.Member]) -> String {
        let head: [JSONValue.Member] = [
            .init("v", 1), .init("ts", .string(Timestamp.now().text)), .init("event", .string(event)),
            .init("mount", .optional(mount)),
        ]
        return JSONValue.object(head + members).compact + "\n"
    }
}

/// Where events go as they happen, from any thread.
final class EventStream: Sendable {
    /// Standard output is COMMAND's.
    private let leavesOutput: Bool
    private let writing = Mutex(())

    init(leavesOutput: Bool) {
        self.leavesOutput = leavesOutput
    }

    func emit(_ event: String, mount: String?, _ members: [JSONValue.Member]) {
        // A reader that has gone is noticed at the end, when the summary cannot be written.
        try? write(Event.line(event, mount: mount, members))
    }

    func write(_ text: String) throws(Failure) {
        try writing.withLock { _ throws(Failure) in
            if leavesOutput { Results.note(text) } else { try Results.write(text) }
        }
    }

    /// What a supervisor has told of.
    func emit(told event: JSONValue) {
        guard case .object(let members) = event, let name = event["event"]?.text else { return }
        emit(name, mount: event["mount"]?.text, members.filter { !["event", "mount"].contains($0.name) })
    }
}
