import Executor
import JSON
import Platform

/// Shows tasks by their documents: a table for people, the document itself for programs, or a list of documents where
/// all tasks are meant.
struct TaskOutput {
    private let format: OutputFormat
    private let isSingle: Bool
    private let isWatching: Bool
    private let style: TerminalStyle

    init(_ invocation: Invocation, _ choice: TaskChoice) {
        format = invocation.settings.output
        isSingle = choice.isSingle
        isWatching = invocation.settings.watch
        style = invocation.style(for: .output)
    }

    /// `shown`: a terminal shows it in the place of what it showed before, and of events only the new ones come.
    func show(_ documents: [JSONValue], after shown: [JSONValue]? = nil) throws(Failure) {
        switch format {
        case .text:
            let clear = shown != nil && StandardStream.output.isTerminal ? "\u{1B}[H\u{1B}[J" : ""
            let texts = documents.map(text)
            try Results.write(clear + (texts.isEmpty ? "nothing runs\n" : texts.joined(separator: "\n")))
        case .json:
            let document: JSONValue =
                isSingle && documents.count == 1 ? documents[0] : ["v": 1, "tasks": .array(documents)]
            try Results.write((isWatching ? document.compact : document.pretty) + "\n")
        case .ndjson:
            for document in documents where shown?.contains(document) != true {
                guard case .object(let members) = document else { continue }
                try Results.write(Event.line("summary", mount: nil, members.filter { $0.name != "v" }))
            }
        }
    }

    private func text(_ document: JSONValue) -> String {
        let name = style.bold((document["task"]?.text ?? "").printable)
        guard case .array(let mounts)? = document["mounts"], !mounts.isEmpty else { return name + ": nothing runs\n" }
        let rows = mounts.map { mount in
            [
                mount["state"]?.text ?? "", (mount["path"]?.text ?? "").printable, mount["mode"]?.text ?? "",
                mount["pid"]?.wholeNumber.map(String.init) ?? "-", source(mount["source"]).printable,
            ]
        }
        let uploads = mounts.compactMap { mount in
            UploadLine.text(ofMount: mount).map { "  \((mount["destination"]?.text ?? "").printable): \($0)\n" }
        }
        let kept = mounts.flatMap { mount in
            MountUploads(ofMount: mount).kept.map { kept in
                "  kept (\(kept.reason)) \(kept.path.printable): \(kept.file.printable)\n"
            }
        }
        let failures = mounts.compactMap { mount -> String? in
            guard let error = mount["error"], let message = error["message"]?.text else { return nil }
            let head = "\(mount["destination"]?.text ?? ""): \(error["code"]?.text ?? ""): \(message)".printable
            return style.red(head) + "\n" + (error["hint"]?.text.map { "  hint: \($0.printable)\n" } ?? "")
        }
        return name + "\n"
            + Table(header: ["STATE", "DESTINATION", "MODE", "PID", "SOURCE"], rows: rows).text(style)
            + uploads.joined() + kept.joined() + failures.joined()
    }

    private func source(_ source: JSONValue?) -> String {
        if case .array(let all)? = source { return all.compactMap(\.text).joined(separator: ", ") }
        return source?.text ?? "-"
    }
}
