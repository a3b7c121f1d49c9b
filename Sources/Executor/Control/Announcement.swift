import JSON
import Platform

/// What a run leaves to the supervisor to show, once its mounts are ready: to whom, for how long, and what the supervisor has not
/// done itself.
struct Announcement: Sendable {
    var notices: Notices
    var task: String
    /// Whose COMMAND needs the mounts; nothing: a run without one.
    var user: String?
    /// Everything that the run wanted is there.
    var isReady: Bool
    /// What has become of the copies.
    var copies: [MountStatus]

    var json: JSONValue {
        [
            "notices": notices.json, "task": .string(task), "user": .optional(user), "ready": .boolean(isReady),
            "copies": .array(copies.map(\.announced)),
        ]
    }

    init(_ notices: Notices, task: String, user: String?, isReady: Bool, copies: [MountStatus]) {
        self.notices = notices
        self.task = task
        self.user = user
        self.isReady = isReady
        self.copies = copies
    }

    init?(_ json: JSONValue) {
        guard let notices = json["notices"], let task = json["task"]?.text, case .array(let copies)? = json["copies"]
        else { return nil }
        self.notices = Notices(notices)
        self.task = task
        user = json["user"]?.text
        isReady = json["ready"] == true
        self.copies = copies.compactMap(MountStatus.init(announced:))
    }
}

extension MountStatus {
    /// What figures are made of.
    fileprivate var announced: JSONValue {
        [
            "destination": .string(destination), "path": .string(path), "source": source, "mode": .string(mode),
            "state": .string(state.rawValue), "files": .integer(objects.done), "skipped": .integer(objects.skipped),
            "bytes": .integer(bytes.done), "milliseconds": .integer(Int(seconds * 1000)),
            "requests": .integer(requests.sent), "retries": .integer(requests.retried),
            "received": .integer(traffic.received), "sent": .integer(traffic.sent),
        ]
    }

    fileprivate init?(announced json: JSONValue) {
        guard let destination = json["destination"]?.text, let path = json["path"]?.text, let source = json["source"],
            let mode = json["mode"]?.text, let state = json["state"]?.text.flatMap(MountState.init)
        else { return nil }
        func number(_ name: String) -> Int { json[name]?.wholeNumber ?? 0 }
        self.init(destination: destination, path: path, source: source, mode: mode)
        self.state = state
        objects = (nil, number("files"), number("skipped"))
        bytes = (nil, number("bytes"))
        seconds = Double(number("milliseconds")) / 1000
        requests = (number("requests"), number("retries"))
        (traffic.received, traffic.sent) = (number("received"), number("sent"))
    }
}
