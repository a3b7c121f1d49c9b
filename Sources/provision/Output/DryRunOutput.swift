import JSON
import Plan
import Platform
import TaskFile

/// Writes what a dry run found in the format that was asked for.
struct DryRunOutput {
    private let dryRun: DryRun
    private let format: OutputFormat
    private let style: TerminalStyle

    init(_ dryRun: DryRun, _ format: OutputFormat, style: TerminalStyle) {
        self.dryRun = dryRun
        self.format = format
        self.style = style
    }

    func write() throws(Failure) {
        switch format {
        case .text: try Results.write(text)
        case .json: try Results.write(dryRun.json.pretty + "\n")
        case .ndjson:
            try Results.write(dryRun.events(at: .now()).map { $0.compact + "\n" }.joined())
        }
    }

    private var text: String {
        let problems = dryRun.diagnostics.map { Self.text($0, style) }.joined()
        let plans = dryRun.plans.map(plan).joined(separator: "\n")
        return [problems, plans, verdict].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func plan(_ plan: Plan) -> String {
        guard !plan.mounts.isEmpty else {
            return dryRun.isOK ? style.bold(plan.task.printable) + ": nothing to provision\n" : ""
        }
        let rows = plan.mounts.map { mount in
            [
                mount.shownPath.printable, mount.mount.mode.rawValue,
                mount.shownSources.map(\.printable).joined(separator: ", "),
            ]
        }
        return style.bold(plan.task.printable) + ", in this order:\n"
            + Table(header: ["DESTINATION", "MODE", "SOURCE"], rows: rows).text(style)
    }

    private var verdict: String {
        let errors = dryRun.count(of: .error)
        let warnings = dryRun.count(of: .warning)
        func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
        if errors > 0 {
            let also = warnings > 0 ? ", \(counted(warnings, "warning"))" : ""
            return style.red(counted(errors, "error") + also) + "\n"
        }
        let head = warnings > 0 ? style.yellow(counted(warnings, "warning")) : style.green("ok")
        guard let checked = dryRun.preflights?.flatMap(\.mounts) else { return head + "; no store was asked\n" }
        let objects = checked.reduce(0) { $0 + $1.objects }
        let bytes = checked.reduce(0) { $0 + $1.bytes }
        return head + "; \(counted(objects, "file")), \(Amount.text(bytes)), room for all of it\n"
    }

    /// A problem for people, in the form that editors and CI recognise.
    static func text(_ diagnostic: Diagnostic, _ style: TerminalStyle) -> String {
        let text = diagnostic.text
        let label = "\(diagnostic.severity.rawValue)[\(diagnostic.code.rawValue)]:"
        guard style.isColored, let range = text.firstRange(of: label) else { return text + "\n" }
        let marked = diagnostic.severity == .error ? style.red(label) : style.yellow(label)
        return style.bold(String(text[..<range.lowerBound])) + marked + text[range.upperBound...] + "\n"
    }
}
