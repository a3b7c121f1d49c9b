public import JSON
public import Platform
public import TaskFile

/// What `--dry-run` found: every problem, and the plan of what would be done.
public struct DryRun: Sendable {
    public var task: String
    public var plans: [Plan]
    public var diagnostics: [Diagnostic]
    /// What the stores and the machine said, plan by plan; nothing when they were not asked.
    public private(set) var preflights: [Preflight]?

    public init(task: String, plans: [Plan], diagnostics: [Diagnostic]) {
        self.task = task
        self.plans = plans
        self.diagnostics = diagnostics
    }

    /// Asks them. What is only planned so far has to be there now.
    public mutating func ask(file: String, on machine: Machine, stores: any Stores, listingIn space: ListingSpace) {
        let asked = plans.map { Preflight($0, file: file, on: machine, stores: stores, listingIn: space) }
        preflights = asked
        for index in diagnostics.indices where diagnostics[index].code == .notBuilt {
            diagnostics[index].severity = .error
        }
        diagnostics = (diagnostics + asked.flatMap(\.diagnostics)).inOrder(of: file)
    }

    /// Whether there is anything left to ask about: mistakes in the file are the whole task's, a source that is missing is
    /// that of its mount alone.
    public var isWorthAsking: Bool {
        let missing = plans.reduce(0) { $0 + $1.mounts.reduce(0) { $0 + $1.missing.count } }
        return !plans.isEmpty && count(of: .error) == missing
    }

    /// Whether one of the problems is the whole task's: nothing of it is begun then.
    public var stopsEverything: Bool {
        guard let preflights else { return true }
        return diagnostics.contains { $0.code == .notBuilt } || preflights.contains(where: \.stopsEverything)
    }

    public var exitStatus: ExitStatus { diagnostics.exitStatus }
    public var isOK: Bool { exitStatus == .done }

    public func count(of severity: Diagnostic.Severity) -> Int {
        diagnostics.count { $0.severity == severity }
    }

    /// The one document of `--output json`.
    public var json: JSONValue {
        [
            "v": 1, "task": .string(task), "ok": .boolean(isOK), "exit_code": .integer(Int(exitStatus.rawValue)),
            "diagnostics": .array(diagnostics.map(\.json)), "plan": .array(entries.map(\.entry)),
        ]
    }

    /// The lines of `--output ndjson`: problems as log events, the plan mount by mount, and a summary.
    public func events(at time: Timestamp) -> [JSONValue] {
        let destinations = MountPaths(plans)
        let logs = diagnostics.map { diagnostic in
            Self.event(
                "log", at: time, mount: destinations.destination(of: diagnostic),
                [.init("level", .string(diagnostic.severity.rawValue)), .init("diagnostic", diagnostic.json)])
        }
        let summary = Self.event(
            "summary", at: time, mount: nil,
            [
                .init("task", .string(task)), .init("ok", .boolean(isOK)),
                .init("exit_code", .integer(Int(exitStatus.rawValue))),
                .init("errors", .integer(count(of: .error))), .init("warnings", .integer(count(of: .warning))),
            ])
        return logs + planEvents(at: time) + [summary]
    }

    public func planEvents(at time: Timestamp) -> [JSONValue] {
        entries.map { Self.event("plan", at: time, mount: $0.destination, [.init("plan", $0.entry)]) }
    }

    private static func event(
        _ name: String, at time: Timestamp, mount: String?, _ members: [JSONValue.Member]
    ) -> JSONValue {
        .object(
            [
                .init("v", 1), .init("ts", .string(time.text)), .init("event", .string(name)),
                .init("mount", .optional(mount)),
            ] + members)
    }

    private var entries: [(destination: String, entry: JSONValue)] {
        plans.enumerated().flatMap { index, plan in
            let checked = Dictionary(
                (preflights?[index].mounts ?? []).map { ($0.mount.path, $0) }, uniquingKeysWith: { first, _ in first }
            )
            let mountPoints = preflights?[index].mountPoints ?? []
            return plan.mounts.map { mount in
                let point = mountPoints.first { $0.mount.path == mount.mount.path }
                var entry = point.map(mount.json) ?? mount.json(checked[mount.mount.path])
                // Only a file with several tasks leaves open whose mount this is.
                if plans.count > 1, case .object(let members) = entry {
                    entry = .object([.init("task", .string(plan.task))] + members)
                }
                return (mount.mount.destination.written, entry)
            }
        }
    }
}
