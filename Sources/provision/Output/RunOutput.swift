import Executor
import JSON
import Platform
import TaskFile

/// Tells of a run while it goes on and when it has ended, in the format that was asked for.
final class RunOutput {
    private let format: OutputFormat
    private let showsProgress: Bool
    private let isLive: Bool
    private let isQuiet: Bool
    private let results: TerminalStyle
    private let notes: TerminalStyle
    private var states: [String: MountState] = [:]
    private var hasBegun = false
    private var sinceLine = Stopwatch()
    private var liveLines = 0

    init(_ settings: Settings, results: TerminalStyle, notes: TerminalStyle) {
        format = settings.output
        isQuiet = settings.quiet
        showsProgress = !settings.quiet && !settings.noProgress
        isLive = StandardStream.error.isTerminal
        self.results = results
        self.notes = notes
    }

    /// With the figures of this moment.
    func show(_ status: RunStatus) {
        if !hasBegun {
            hasBegun = true
            begin(status)
        }
        if format == .ndjson {
            for mount in status.mounts where states[mount.destination] != mount.state {
                emit("state", mount: mount.destination, [.init("state", .string(mount.state.rawValue))])
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

    private func begin(_ status: RunStatus) {
        guard format != .ndjson else {
            for diagnostic in status.diagnostics {
                emit(
                    "log", mount: nil,
                    [.init("level", .string(diagnostic.severity.rawValue)), .init("diagnostic", diagnostic.json)])
            }
            return
        }
        for diagnostic in status.diagnostics where !isQuiet || diagnostic.severity == .error {
            Results.note(DryRunOutput.text(diagnostic, notes))
        }
    }

    private func emitProgress(_ status: RunStatus) {
        for mount in status.mounts where mount.state == .copying {
            guard case .object(let members) = mount.json else { continue }
            emit(
                "progress", mount: mount.destination,
                members.filter { ["objects", "bytes", "seconds"].contains($0.name) })
        }
        sinceLine = Stopwatch()
    }

    private func redraw(_ status: RunStatus) {
        let up = liveLines > 0 ? "\u{1B}[\(liveLines)A" : ""
        let lines = status.mounts.map { ProgressLine($0).text + "\u{1B}[K\n" }
        liveLines = lines.count
        Results.note(up + lines.joined())
    }

    private func emit(_ event: String, mount: String?, _ members: [JSONValue.Member]) {
        // A reader that has gone is noticed at the end, when the summary cannot be written.
        try? Results.write(Event.line(event, mount: mount, members))
    }

    // MARK: The end

    func finish(_ status: RunStatus) throws(Failure) {
        if !hasBegun { begin(status) }
        switch format {
        case .json: try Results.write(status.json.pretty + "\n")
        case .ndjson:
            guard case .object(let members) = status.json else { return }
            try Results.write(Event.line("summary", mount: nil, members.filter { $0.name != "v" }))
        case .text: try Results.write(text(status))
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
        let failures = status.mounts.compactMap { mount in
            mount.error.map { error in
                let head = "\(mount.destination): \(error.code): \(error.message)".printable
                return results.red(head) + "\n" + (error.hint.map { "  hint: \($0.printable)\n" } ?? "")
            }
        }
        return Table(header: ["STATE", "DESTINATION", "MODE", "COPIED", "IN PLACE", "BYTES", "TIME"], rows: rows)
            .text(results) + failures.joined()
    }
}

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

/// One mount in one line: how much, how fast, how long still.
struct ProgressLine {
    private let mount: MountStatus

    init(_ mount: MountStatus) {
        self.mount = mount
    }

    var text: String {
        let total = mount.bytes.total ?? 0
        let seen = mount.objects.done + mount.objects.skipped
        var words = [mount.state.rawValue, mount.destination.printable, "\(seen)/\(mount.objects.total ?? 0) files"]
        words.append("\(Amount.text(mount.bytes.done)) of \(Amount.text(total))")
        if mount.state == .copying, mount.seconds > 0.5 {
            let rate = Double(mount.bytes.done) / mount.seconds
            words.append("\(Amount.text(Int(rate)))/s")
            if rate > 0 {
                words.append("\(Amount.text(seconds: Double(max(0, total - mount.bytes.done)) / rate)) left")
            }
        }
        return words.joined(separator: "  ")
    }
}

/// Amounts as people read them: three digits and a unit.
enum Amount {
    static func text(_ bytes: Int) -> String {
        var value = Double(bytes)
        for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
            if value < 1000 || unit == "TiB" { return unit == "B" ? "\(bytes) B" : "\(rounded(value)) \(unit)" }
            value /= 1024
        }
        return "\(bytes) B"
    }

    static func text(seconds: Double) -> String {
        if seconds < 60 { return "\(rounded(seconds)) s" }
        let minutes = Int(seconds / 60)
        return minutes < 60 ? "\(minutes) min \(Int(seconds) % 60) s" : "\(minutes / 60) h \(minutes % 60) min"
    }

    private static func rounded(_ value: Double) -> String {
        value < 10 ? String((value * 10).rounded() / 10) : String(Int(value.rounded()))
    }
}
