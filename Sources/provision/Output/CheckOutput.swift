import JSON
import ObjectStore
import Plan
import Platform
import TaskFile

/// Tells what `check` has found: source by source for people and as NDJSON, at the end as one document.
struct CheckOutput {
    private let format: OutputFormat
    private let style: TerminalStyle

    init(_ format: OutputFormat, style: TerminalStyle) {
        self.format = format
        self.style = style
    }

    func show(_ result: CheckResult) throws(Failure) {
        switch format {
        case .text: try Results.write(text(result))
        case .json: break
        case .ndjson:
            guard case .object(let members) = result.json else { return }
            try Results.write(JSONValue.object([.init("v", 1)] + members).compact + "\n")
        }
    }

    func finish(_ results: [CheckResult], _ status: ExitStatus) throws(Failure) {
        guard format == .json else { return }
        let document: JSONValue = [
            "v": 1, "ok": .boolean(status == .done), "exit_code": .integer(Int(status.rawValue)),
            "checks": .array(results.map(\.json)),
        ]
        try Results.write(document.pretty + "\n")
    }

    private func text(_ result: CheckResult) -> String {
        var rows: [(String, String)] = []
        if let store = result.store {
            let place = result.endpoint.map { " at \($0)" } ?? ""
            rows.append(("store", store.displayName + place + (result.region.map { ", region \($0)" } ?? "")))
        }
        if let identity = result.identity { rows.append(("as", identity)) }
        if let listed = result.check?.listed {
            let more = listed.hasMore ? " on the first page, and more" : ""
            rows.append(
                ("lists", listed.error.map { "no: \($0.message)" } ?? "\(counted(listed.objects, "object"))\(more)"))
        }
        if let read = result.check?.read {
            let what = "\(counted(read.bytes, "byte")) of \(read.key.shown)"
            rows.append(("reads", read.error.map { "no: \($0.message)" } ?? what))
        }
        let lines = rows.map { "  \($0.0.padded(to: 6)) \($0.1.printable)\n" }.joined()
        guard let problem = result.problem else {
            return style.bold(result.url.printable) + "\n" + lines + "  " + style.green("ok") + "\n"
        }
        let error = style.red("error[\(problem.code)]:") + " \(problem.message.printable)\n"
        let hint = problem.hint.map { "  hint: \($0.printable)\n" } ?? ""
        return style.bold(result.url.printable) + "\n" + lines + "  " + error + hint
    }

    private func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
