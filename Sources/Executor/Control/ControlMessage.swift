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

    static let version = 2

    var json: JSONValue {
        switch self {
        case .status: ["v": .integer(Self.version), "do": "status"]
        case .mount(let request): ["v": .integer(Self.version), "do": "mount", "mount": request.json]
        case .flush(let limit): ["v": .integer(Self.version), "do": "flush", "limit": .optional(limit)]
        case .down(let force, let limit):
            ["v": .integer(Self.version), "do": "down", "force": .boolean(force), "limit": .optional(limit)]
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

    init(
        path: String, shownPath: String, shownDestination: String, shownSource: JSONValue, identity: String?,
        order: ServingOrder
    ) {
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
        ]
    }

    init?(_ json: JSONValue) {
        guard let path = json["path"]?.text, let shownPath = json["shown_path"]?.text,
            let shownDestination = json["destination"]?.text, let source = json["source"],
            let order = json["order"].flatMap(ServingOrder.init)
        else { return nil }
        self.init(
            path: path, shownPath: shownPath, shownDestination: shownDestination, shownSource: source,
            identity: json["identity"]?.text, order: order)
    }
}

/// What the supervisor answers: the status of the mounts that were asked about.
struct ControlAnswer {
    var mounts: [JSONValue] = []
    /// Why it was not done.
    var error: MountError?

    var json: JSONValue {
        ["v": 1, "mounts": .array(mounts), "error": error?.control ?? nil]
    }

    init(_ mounts: [JSONValue] = [], error: MountError? = nil) {
        self.mounts = mounts
        self.error = error
    }

    init?(_ json: JSONValue) {
        guard json["v"] == 1, case .array(let mounts)? = json["mounts"] else { return nil }
        self.mounts = mounts
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
