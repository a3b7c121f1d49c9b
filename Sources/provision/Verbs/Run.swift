import Plan
import Platform
import TaskFile

/// `provision TASK.yaml`: the task's mounts, and COMMAND if there is one. For now only what comes before the first
/// request: reading, checking and planning.
enum Run {
    static func perform(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        let invocation = try invocation.configured()
        let settings = invocation.settings
        let dryRun = try TaskInput(invocation).planned()
        if settings.dryRun {
            if settings.offline || !dryRun.isOK {
                try DryRunOutput(dryRun, settings.output, style: invocation.style(for: .output)).write()
                return dryRun.exitStatus
            }
            throw .usage(
                "asking the stores is not there yet", hint: "\(Option.offline.flag) checks the file without them")
        }
        // Errors of the file come first: they are the user's to mend, whatever this build can do.
        let isOK = dryRun.isOK
        for diagnostic in dryRun.diagnostics where diagnostic.severity == .error || isOK {
            Results.note(DryRunOutput.text(diagnostic, invocation.style(for: .error)))
        }
        guard isOK else { return dryRun.exitStatus }
        throw .usage(
            "running a task is not there yet",
            hint: "\(Option.dryRun.flag) \(Option.offline.flag) says what would be done")
    }
}
