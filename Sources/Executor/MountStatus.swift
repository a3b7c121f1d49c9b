import HTTP
public import JSON
import Plan
public import Platform
import TaskFile

/// Where a mount is on its way.
public enum MountState: String, Sendable, CaseIterable {
    case planned
    case checking
    case copying
    case copied
    case mounting
    case mounted
    case recovering
    case draining
    case drained
    case unmounted
    case failed
    case skipped

    /// Nothing more will happen to it in this run.
    public var isFinal: Bool { [.copied, .mounted, .unmounted, .failed, .skipped].contains(self) }
}

/// What is known of one mount: the same for the table, the document and the status file.
public struct MountStatus: Sendable {
    public var destination: String
    public var path: String
    public var source: JSONValue
    public var mode: String
    public var state = MountState.planned
    public var objects = (total: nil as Int?, done: 0, skipped: 0)
    public var bytes = (total: nil as Int?, done: 0)
    /// Of the total, what need not be moved.
    public var bytesInPlace = 0
    public var seconds = 0.0
    /// Requests to stores, and how many of them were made again.
    public var requests = (sent: 0, retried: 0)
    var traffic = MountTraffic()
    /// As whom the store is asked.
    public var identity: String?
    /// The one that serves a mount.
    public var process: Int32?
    public var uploads = MountUploads()
    public var error: MountError?

    init(destination: String, path: String, source: JSONValue, mode: String) {
        self.destination = destination
        self.path = path
        self.source = source
        self.mode = mode
    }

    init(_ planned: PlannedMount) {
        self.init(
            destination: planned.shownDestination, path: planned.shownPath, source: planned.shownSource,
            mode: planned.mount.mode.rawValue)
    }

    init(checked: CheckedMountPoint) {
        self.init(checked.planned)
        identity = checked.source.opened.identity
        count(checked.source.opened.meter)
    }

    /// What a supervisor knows of it.
    init(_ request: MountRequest) {
        self.init(
            destination: request.shownDestination, path: request.shownPath, source: request.shownSource,
            mode: request.order.mount.mode.rawValue)
        identity = request.identity
    }

    init(checked: CheckedMount) {
        self.init(checked.planned)
        objects.total = checked.objects
        bytes.total = checked.bytes
        bytesInPlace = checked.bytesInPlace
        identity = checked.stores.lazy.compactMap(\.identity).first
        count(requestsOf: checked)
    }

    mutating func count(requestsOf checked: CheckedMount) {
        count(checked.stores.compactMap(\.meter))
    }

    private mutating func count(_ meter: HTTPMeter?) { count(meter.map { [$0] } ?? []) }

    private mutating func count(_ meters: [HTTPMeter]) {
        requests = (meters.reduce(0) { $0 + $1.requests }, meters.reduce(0) { $0 + $1.retries })
        traffic.received = meters.reduce(0) { $0 + $1.received }
        traffic.sent = meters.reduce(0) { $0 + $1.delivered }
    }

    /// Of a mount that was not even begun.
    init(refused: (planned: PlannedMount, reason: Diagnostic)) {
        self.init(refused.planned)
        state = .failed
        error = MountError(
            code: refused.reason.code.rawValue, message: refused.reason.message, hint: refused.reason.hint,
            isRetryable: false, exitStatus: refused.reason.code.exitStatus)
    }

    /// As a supervisor has told of it.
    mutating func take(_ json: JSONValue) {
        if let told = json["state"]?.text.flatMap(MountState.init) { state = told }
        process = json["pid"]?.wholeNumber.map { Int32(truncatingIfNeeded: $0) }
        uploads = MountUploads(ofMount: json)
        if let told = json["error"], let code = told["code"]?.text, let message = told["message"]?.text {
            error = MountError(
                code: code, message: message, hint: told["hint"]?.text, isRetryable: told["retryable"] == true,
                exitStatus: .temporary)
        }
    }

    public var json: JSONValue {
        [
            "destination": .string(destination), "path": .string(path), "source": source, "mode": .string(mode),
            "state": .string(state.rawValue),
            "objects": [
                "total": .optional(objects.total), "done": .integer(objects.done), "skipped": .integer(objects.skipped),
            ],
            "bytes": ["total": .optional(bytes.total), "done": .integer(bytes.done)],
            "seconds": .number((seconds * 1000).rounded() / 1000), "requests": .integer(requests.sent),
            "retries": .integer(requests.retried), "identity": .optional(identity),
            "pid": .optional(process.map { Int($0) }), "uploads": uploads.json,
            "kept": uploads.keptJSON,
            "error": error?.json ?? nil,
        ]
    }
}

/// Why a mount failed.
public struct MountError: Error, Sendable, Equatable {
    public var code: String
    public var message: String
    public var hint: String?
    public var isRetryable: Bool
    public var exitStatus: ExitStatus

    public var json: JSONValue {
        [
            "code": .string(code), "message": .string(message), "hint": .optional(hint),
            "retryable": .boolean(isRetryable),
        ]
    }
}
