import Executor
import JSON
import Platform

/// `provision status`, `down` and `flush`: what becomes of tasks after their runs.
enum TaskVerbs {
    static func status(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        let invocation = try invocation.configured()
        let choice = try TaskChoice(invocation)
        let output = TaskOutput(invocation, choice)
        guard invocation.settings.watch else {
            try output.show(try documents(choice, invocation))
            return .done
        }
        // Until a signal comes.
        var shown: [JSONValue]?
        while true {
            let now = try documents(try TaskChoice(invocation), invocation)
            if now != shown { try output.show(now, again: shown != nil) }
            shown = now
            Threads.sleep(milliseconds: watchMilliseconds)
        }
    }

    private static let watchMilliseconds = 1000

    private static func documents(_ choice: TaskChoice, _ invocation: Invocation) throws(Failure) -> [JSONValue] {
        var documents: [JSONValue] = []
        for folder in choice.folders {
            do throws(MountError) {
                documents.append(try TaskReport(folder, invocation.environment).document)
            } catch {
                throw Failure(error.exitStatus, "\(folder.task): \(error.message)", hint: error.hint)
            }
        }
        return documents
    }

    static func down(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        try end(invocation) { folder, invocation in
            let settings = invocation.settings
            return TaskEnding.down(
                folder, invocation.environment, force: settings.force, limit: settings.drainTimeout,
                watch: UploadLine.watch(settings))
        }
    }

    static func flush(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        try end(invocation) { folder, invocation in
            TaskEnding.flush(
                folder, invocation.environment, limit: invocation.settings.drainTimeout,
                watch: UploadLine.watch(invocation.settings))
        }
    }

    /// One task after the other; one that cannot be ended stops no other.
    private static func end(
        _ invocation: Invocation, _ end: (TaskFolder, Invocation) -> TaskEnding
    ) throws(Failure) -> ExitStatus {
        let invocation = try invocation.configured()
        let choice = try TaskChoice(invocation)
        let endings = choice.folders.map { end($0, invocation) }
        try TaskOutput(invocation, choice).show(endings.map(\.document))
        for (folder, ending) in zip(choice.folders, endings) {
            // What is of one mount is shown with it.
            guard let error = ending.error, !ending.mounts.contains(where: { $0["error"] == error.json }) else {
                continue
            }
            Results.note(Failure(error.exitStatus, "\(folder.task): \(error.message)", hint: error.hint).text)
        }
        return ExitStatus.deciding(among: endings.map(\.exitStatus).filter { $0 != .done })
    }
}
