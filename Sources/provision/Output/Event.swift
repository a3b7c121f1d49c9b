import JSON
import Platform

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
