import JSON
import Platform

/// What a supervisor is asked: one line of JSON on a connection of its own, answered by one.
enum ControlRequest {
    /// The status of its mounts.
    case status
    /// Mounts, or shares what is mounted already; answered when it is ready or has failed.
    case mount(MountRequest)
    /// Has what is whole brought into the bucket, and waits for that, at most so many milliseconds.
    case flush(limit: Int?)
    /// The same, then unmounts everything.
    case down(force: Bool, limit: Int?)
    /// Somebody who is known by this name needs mounts for as long as the connection lasts. Should that just end, what nobody
    /// else needs is saved, at most so many milliseconds, and unmounted.
    case use(String, process: Int, limit: Int?)
    /// On the same connection: the COMMAND that needs them is this process, with a group of its own. It ends with whoever needs
    /// them.
    case command(Int)
    /// On the same connection: needs them no longer. Has what is whole brought into the bucket, and then unmounts what nobody
    /// else needs.
    case release(limit: Int?)
    /// Whoever has this name and waits for that will wait so many milliseconds at most.
    case hurry(String, limit: Int)
    /// Shows to the outside that a run's mounts are there, and how it goes with them.
    case announce(Announcement)
    /// Tells what happens to the mounts, line by line, until the other side sends a line; then the last line says so.
    case follow

    static let version = 3

    var json: JSONValue {
        switch self {
        case .status: ["v": .integer(Self.version), "do": "status"]
        case .mount(let request): ["v": .integer(Self.version), "do": "mount", "mount": request.json]
        case .flush(let limit): ["v": .integer(Self.version), "do": "flush", "limit": .optional(limit)]
        case .down(let force, let limit):
            ["v": .integer(Self.version), "do": "down", "force": .boolean(force), "limit": .optional(limit)]
        case .use(let user, let process, let limit):
            [
                "v": .integer(Self.version), "do": "use", "user": .string(user), "pid": .integer(process),
                "limit": .optional(limit),
            ]
        case .command(let process): ["v": .integer(Self.version), "do": "command", "pid": .integer(process)]
        case .release(let limit): ["v": .integer(Self.version), "do": "release", "limit": .optional(limit)]
        case .hurry(let user, let limit):
            ["v": .integer(Self.version), "do": "hurry", "user": .string(user), "limit": .integer(limit)]
        case .follow: ["v": .integer(Self.version), "do": "follow"]
        case .announce(let announcement):
            ["v": .integer(Self.version), "do": "announce", "announcement": announcement.json]
        }
    }

    init?(_ json: JSONValue) {
        guard json["v"]?.wholeNumber == Self.version else { return nil }
        switch json["do"]?.text {
        case "status": self = .status
        case "mount":
            guard let request = json["mount"].flatMap(MountRequest.init) else { return nil }
            self = .mount(request)
        case "flush": self = .flush(limit: json["limit"]?.wholeNumber)
        case "down": self = .down(force: json["force"] == true, limit: json["limit"]?.wholeNumber)
        case "use":
            guard let user = json["user"]?.text, let process = json["pid"]?.wholeNumber else { return nil }
            self = .use(user, process: process, limit: json["limit"]?.wholeNumber)
        case "command":
            guard let process = json["pid"]?.wholeNumber else { return nil }
            self = .command(process)
        case "release": self = .release(limit: json["limit"]?.wholeNumber)
        case "hurry":
            guard let user = json["user"]?.text, let limit = json["limit"]?.wholeNumber else { return nil }
            self = .hurry(user, limit: limit)
        case "follow": self = .follow
        case "announce":
            guard let announcement = json["announcement"].flatMap(Announcement.init) else { return nil }
            self = .announce(announcement)
        default: return nil
        }
    }
}

/// A mount that is wanted, with what is shown of it.
struct MountRequest: Sendable {
    var path: String
    var shownSource: JSONValue
    var shownDestination: String
    var shownPath: String
    var identity: String?
    /// For the sessions, and for nobody to see.
    var order: ServingOrder
    /// Who needs it; nothing: it stays until it is taken down.
    var user: String?

    init(
        path: String, shownPath: String, shownDestination: String, shownSource: JSONValue, identity: String?,
        order: ServingOrder, user: String? = nil
    ) {
        self.user = user
        self.path = path
        self.shownPath = shownPath
        self.shownDestination = shownDestination
        self.shownSource = shownSource
        self.identity = identity
        self.order = order
    }

    var json: JSONValue {
        [
            "path": .string(path), "shown_path": .string(shownPath), "destination": .string(shownDestination),
            "source": shownSource, "identity": .optional(identity), "order": order.json,
            "user": .optional(user),
        ]
    }

    init?(_ json: JSONValue) {
        guard let path = json["path"]?.text, let shownPath = json["shown_path"]?.text,
            let shownDestination = json["destination"]?.text, let source = json["source"],
            let order = json["order"].flatMap(ServingOrder.init)
        else { return nil }
        self.init(
            path: path, shownPath: shownPath, shownDestination: shownDestination, shownSource: source,
            identity: json["identity"]?.text, order: order, user: json["user"]?.text)
    }
}

/// What the supervisor answers: the status of the mounts that were asked about.
struct ControlAnswer {
    var mounts: [JSONValue] = []
    /// Why it was not done.
    var error: MountError?
    /// The supervisor lives on for somebody else.
    var isNeeded = false
    /// To the namespaces in which it mounts, for whoever needs its mounts; they go beside the line.
    var doors: OwnNamespaces.Doors?
    /// Which the supervisor is, of an announcement.
    var process: Int?

    var json: JSONValue {
        [
            "v": 1, "mounts": .array(mounts), "error": error?.control ?? nil, "needed": .boolean(isNeeded),
            "pid": .optional(process),
        ]
    }

    init(_ mounts: [JSONValue] = [], error: MountError? = nil) {
        self.mounts = mounts
        self.error = error
    }

    init?(_ json: JSONValue) {
        guard json["v"] == 1, case .array(let mounts)? = json["mounts"] else { return nil }
        self.mounts = mounts
        isNeeded = json["needed"] == true
        process = json["pid"]?.wholeNumber
        if let stated = json["error"], stated != .null {
            guard let error = MountError(control: stated) else { return nil }
            self.error = error
        }
    }
}

extension MountError {
    /// With the exit status, which documents do not show.
    fileprivate var control: JSONValue {
        guard case .object(let members) = json else { return nil }
        return .object(members + [.init("exit_code", .integer(Int(exitStatus.rawValue)))])
    }

    fileprivate init?(control: JSONValue) {
        guard let code = control["code"]?.text, let message = control["message"]?.text,
            let status = control["exit_code"]?.wholeNumber.flatMap({ ExitStatus(rawValue: Int32($0)) })
        else { return nil }
        self.init(
            code: code, message: message, hint: control["hint"]?.text, isRetryable: control["retryable"] == true,
            exitStatus: status)
    }
}
