public import JSON
public import Plan
public import Platform
public import TaskFile

/// What a run has come to: the final document, and the status file while it goes on.
public struct RunStatus: Sendable {
    public var task: String
    public var started: Timestamp
    public var diagnostics: [Diagnostic]
    public var mounts: [MountStatus]
    /// What ended the run before its mounts did: a signal, or the time limit.
    public var interruption: Interruption?
    /// How COMMAND has ended, and what its exit barrier came to; nothing when it has not run, or runs still.
    public var command: (end: ProcessEnd, barrier: ExitStatus)?

    public init(task: String, started: Timestamp, diagnostics: [Diagnostic], mounts: [MountStatus]) {
        self.task = task
        self.started = started
        self.diagnostics = diagnostics
        self.mounts = mounts
    }

    /// Of a run that ended before any of its mounts was begun.
    public init(unbegun found: DryRun, started: Timestamp, _ reason: Interruption) {
        let mounts = found.plans.flatMap(\.mounts).map { planned in
            var mount = MountStatus(planned)
            mount.state = .skipped
            return mount
        }
        self.init(task: found.task, started: started, diagnostics: found.diagnostics, mounts: mounts)
        interruption = reason
    }

    public enum Interruption: Sendable, Equatable {
        case signal(Int32)
        case timeout
    }

    public var exitCode: Int32 {
        if let command { return command.end == .exited(0) ? command.barrier.rawValue : command.end.status }
        switch interruption {
        case .signal(let number): return 128 + number
        case .timeout, nil: break
        }
        let timeout = interruption == .timeout ? [ExitStatus.temporary] : []
        let failures =
            mounts.compactMap(\.error?.exitStatus) + [diagnostics.exitStatus].filter { $0 != .done } + timeout
        return ExitStatus.deciding(among: failures).rawValue
    }

    /// The exit barrier begins.
    public mutating func beginDraining() {
        for index in mounts.indices where mounts[index].state == .mounted { mounts[index].state = .draining }
    }

    /// What has become of the mounts at the exit barrier.
    public mutating func take(_ verdict: ExitBarrier.Verdict) {
        for told in verdict.mounts {
            let index = mounts.firstIndex { $0.state == .draining && told["destination"] == .string($0.destination) }
            guard let index else { continue }
            mounts[index].take(told)
            // Beside what asking has taken.
            mounts[index].requests.sent += told["requests"]?.wholeNumber ?? 0
            mounts[index].requests.retried += told["retries"]?.wholeNumber ?? 0
        }
    }

    private var exitSource: String {
        guard let command else { return "provision" }
        return command.end == .exited(0) && command.barrier != .done ? "provision" : "command"
    }

    public var json: JSONValue {
        [
            "v": 1, "task": .string(task), "result": exitCode == 0 ? "ok" : "failed",
            "exit_code": .integer(Int(exitCode)), "exit_source": .string(exitSource), "started": .string(started.text),
            "diagnostics": .array(diagnostics.map(\.json)), "mounts": .array(mounts.map(\.json)),
        ]
    }
}
