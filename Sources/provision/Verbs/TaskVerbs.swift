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
        var shown: [JSONValue]?
        var timesWithoutAny = 0
        // One that is just beginning may seem to have ended for a moment.
        while timesWithoutAny < 2 {
            if shown != nil { Threads.sleep(milliseconds: watchMilliseconds) }
            let choice = try TaskChoice(invocation)
            let now = try documents(choice, invocation)
            if now != shown { try output.show(now, after: shown) }
            shown = now
            let isAny = zip(choice.folders, now).contains { TaskReport.runs($0, $1) }
            timesWithoutAny = isAny ? 0 : timesWithoutAny + 1
        }
        return .done
    }

    private static let watchMilliseconds = 500

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
        try end(invocation) { folder, invocation, watcher in
            let settings = invocation.settings
            return TaskEnding.down(
                folder, invocation.environment, force: settings.force, limit: settings.drainTimeout, watch: watcher)
        }
    }

    static func flush(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        try end(invocation) { folder, invocation, watcher in
            TaskEnding.flush(
                folder, invocation.environment, limit: invocation.settings.drainTimeout, watch: watcher)
        }
    }

    /// One task after the other; one that cannot be ended stops no other.
    private static func end(
        _ invocation: Invocation, _ end: (TaskFolder, Invocation, TaskWatcher) -> TaskEnding
    ) throws(Failure) -> ExitStatus {
        let invocation = try invocation.configured()
        let choice = try TaskChoice(invocation)
        let stream = EventStream(leavesOutput: false)
        let endings = choice.folders.map { folder in
            let events = DrainEvents(stream, invocation.settings, tellsStates: true)
            let ending = end(folder, invocation, TaskWatcher(invocation.settings, events, stream))
            if invocation.settings.output == .ndjson { events.look(ending.mounts) }
            return ending
        }
        try TaskOutput(invocation, choice).show(endings.map(\.document))
        for (folder, ending) in zip(choice.folders, endings) {
            // What is of one mount is shown with it.
            guard let error = ending.error, !ending.allMounts.contains(where: { $0["error"] == error.json }) else {
                continue
            }
            Results.note(Failure(error.exitStatus, "\(folder.task): \(error.message)", hint: error.hint).text)
        }
        return ExitStatus.deciding(among: endings.map(\.exitStatus).filter { $0 != .done })
    }
}
