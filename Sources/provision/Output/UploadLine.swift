import Executor
import JSON
import Platform
import Synchronization

/// What of a mount has been saved, in one line.
enum UploadLine {
    /// Nothing where nothing was written.
    static func text(ofMount json: JSONValue) -> String? {
        let uploads = MountUploads(ofMount: json)
        guard !uploads.isEmpty else { return nil }
        var words: [String] = []
        if uploads.files > 0 { words.append("\(counted(uploads.files)) saved, \(Amount.text(uploads.bytes))") }
        if uploads.pending > 0 {
            let failed = uploads.failed > 0 ? " (\(uploads.failed) failed so far)" : ""
            words.append("\(counted(uploads.pending)) not in the bucket yet\(failed)")
        }
        if !uploads.kept.isEmpty { words.append("\(counted(uploads.kept.count)) kept aside") }
        return words.joined(separator: "; ")
    }

    private static func counted(_ files: Int) -> String { files == 1 ? "1 file" : "\(files) files" }

    /// Shows what is still to be saved while that is waited for: on a terminal as soon as it has changed, else now and
    /// then.
    static func watch(_ settings: Settings) -> @Sendable ([JSONValue]) -> Void {
        guard !settings.quiet, !settings.noProgress else { return { _ in } }
        let pause = StandardStream.error.isTerminal ? 0.0 : 10.0
        let last = Mutex((text: "", watch: Stopwatch()))
        return { mounts in
            let lines = mounts.compactMap { mount -> String? in
                guard MountUploads(ofMount: mount).pending > 0, let line = text(ofMount: mount) else { return nil }
                return "\(mount["state"]?.text ?? "")  \((mount["destination"]?.text ?? "").printable)  \(line)\n"
            }
            let all = lines.joined()
            let isNews = last.withLock { last in
                guard !all.isEmpty, all != last.text, last.watch.seconds >= pause else { return false }
                last = (all, Stopwatch())
                return true
            }
            if isNews { Results.note(all) }
        }
    }
}
