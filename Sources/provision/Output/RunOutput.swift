import Executor
import JSON
import Plan
import Platform
import TaskFile

/// Tells of a run while it goes on and when it has ended, in the format that was asked for.
final class RunOutput {
    private let format: OutputFormat
    private var showsProgress: Bool
    private let isLive: Bool
    private let isQuiet: Bool
    let events: EventStream
    /// Lines of the plan that are still to be told.
    private var plan: [JSONValue]
    private let results: TerminalStyle
    private let notes: TerminalStyle
    private let mountPaths: MountPaths
    private var states: [String: MountState] = [:]
    /// How many of the diagnostics have been told.
    private var told = 0
    private var sinceLine = Stopwatch()
    private var liveLines = 0

    init(
        _ settings: Settings, _ found: DryRun, results: TerminalStyle, notes: TerminalStyle, leavesOutput: Bool = false
    ) {
        events = EventStream(leavesOutput: leavesOutput)
        mountPaths = MountPaths(found.plans)
        plan = found.planEvents(at: .now())
        format = settings.output
        isQuiet = settings.quiet
        showsProgress = !settings.quiet && !settings.noProgress
        isLive = StandardStream.error.isTerminal
        self.results = results
        self.notes = notes
    }

    /// With the figures of this moment.
    func show(_ status: RunStatus) {
        tell(status)
        if format == .ndjson {
            for line in plan { try? events.write(line.compact + "\n") }
            plan = []
            for mount in status.mounts where states[mount.destination] != mount.state {
                events.emit("state", mount: mount.destination, [.init("state", .string(mount.state.rawValue))])
            }
        }
        for mount in status.mounts { states[mount.destination] = mount.state }
        guard showsProgress else { return }
        if format == .ndjson {
            if sinceLine.seconds >= 1 { emitProgress(status) }
        } else if isLive {
            redraw(status)
        } else if sinceLine.seconds >= 10 {
            Results.note(status.mounts.map { ProgressLine($0).text + "\n" }.joined())
            sinceLine = Stopwatch()
        }
    }

    /// From here on the lines below ours are COMMAND's, and how far its exit barrier is others tell.
    func leaveLines() { showsProgress = false }

    private func tell(_ status: RunStatus) {
        let news = status.diagnostics.dropFirst(told)
        guard !news.isEmpty else { return }
        // What is told stays; the live lines go on below it.
        liveLines = 0
        told = status.diagnostics.count
        guard format != .ndjson else {
            for diagnostic in news {
                events.emit(
                    "log", mount: mountPaths.destination(of: diagnostic),
                    [.init("level", .string(diagnostic.severity.rawValue)), .init("diagnostic", diagnostic.json)])
            }
            return
        }
        for diagnostic in news where !isQuiet || diagnostic.severity == .error {
            Results.note(DryRunOutput.text(diagnostic, notes))
        }
    }

    private func emitProgress(_ status: RunStatus) {
        for mount in status.mounts where mount.state == .copying {
            guard case .object(let members) = mount.json else { continue }
            events.emit(
                "progress", mount: mount.destination,
                members.filter { ["objects", "bytes", "seconds"].contains($0.name) })
        }
        sinceLine = Stopwatch()
    }

    private func redraw(_ status: RunStatus) {
        let up = liveLines > 0 ? "\u{1B}[\(liveLines)A" : ""
        // A line that wraps takes two, and the next redrawing would begin too low.
        let columns = StandardStream.error.columns
        let lines = status.mounts.map { ProgressLine($0).text(fitting: columns) + "\u{1B}[K\n" }
        liveLines = lines.count
        Results.note(up + lines.joined())
    }

    // MARK: The end

    func finish(_ status: RunStatus) throws(Failure) {
        tell(status)
        switch format {
        case .json: try events.write(status.json.pretty + "\n")
        case .ndjson:
            guard case .object(let members) = status.json else { return }
            try events.write(Event.line("summary", mount: nil, members.filter { $0.name != "v" }))
        case .text: try events.write(text(status))
        }
    }

    private func text(_ status: RunStatus) -> String {
        guard !status.mounts.isEmpty else {
            return status.exitCode == 0 ? status.task.printable + ": nothing to provision\n" : ""
        }
        let rows = status.mounts.map { mount in
            [
                mount.state.rawValue, mount.path.printable, mount.mode, String(mount.objects.done),
                String(mount.objects.skipped), Amount.text(mount.bytes.done), Amount.text(seconds: mount.seconds),
            ]
        }
        let uploads = status.mounts.compactMap { mount in
            UploadLine.text(ofMount: mount.json).map { "  \(mount.destination.printable): \($0)\n" }
        }
        let failures = status.mounts.compactMap { mount in
            mount.error.map { error in
                let head = "\(mount.destination): \(error.code): \(error.message)".printable
                return results.red(head) + "\n" + (error.hint.map { "  hint: \($0.printable)\n" } ?? "")
            }
        }
        return Table(header: ["STATE", "DESTINATION", "MODE", "COPIED", "IN PLACE", "BYTES", "TIME"], rows: rows)
            .text(results) + uploads.joined() + failures.joined()
    }
}
