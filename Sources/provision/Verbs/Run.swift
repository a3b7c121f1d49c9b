import Executor
import Glibc
import Plan
import Platform
import TaskFile

/// `provision TASK.yaml`: the task's mounts, and COMMAND if there is one.
enum Run {
    static func perform(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        let invocation = try invocation.configured()
        let settings = invocation.settings
        let input = TaskInput(invocation)
        let limit = TimeLimit(settings.dryRun ? nil : settings.timeout)
        let memory = try memory(settings)
        var found = try input.planned()
        if !settings.dryRun { try refuseWhatIsNotBuilt(invocation) }
        if !settings.offline, found.isWorthAsking {
            let (machine, stores, planned) = (try input.machine(), try input.stores(), found)
            limit.beginAsking { endLate(planned, invocation, machine) }
            found.ask(
                file: input.name, on: machine, stores: stores,
                listingIn: ListingSpace(memory, invocation.environment))
            limit.endAsking()
        }
        if settings.dryRun {
            try DryRunOutput(found, settings.output, style: invocation.style(for: .output)).write()
            return found.exitStatus
        }
        return try run(found, invocation, input, limit, memory)
    }

    private static func memory(_ settings: Settings) throws(Failure) -> MemoryBudget {
        guard let size = settings.maxMemory else { return MemoryLimit().budget }
        guard let limit = MemoryLimit(size) else {
            throw .usage(
                "\(settings.place(of: .maxMemory)): \(size) is too little",
                hint: "\(ByteSize(bytes: MemoryLimit.least)) is the least")
        }
        return limit.budget
    }

    /// The time was over before all had been asked.
    private static func endLate(_ found: DryRun, _ invocation: Invocation, _ machine: Machine) {
        var status = RunStatus(task: found.task, started: .now(), diagnostics: found.diagnostics, mounts: [])
        status.interruption = .timeout
        let (output, stateFolder) = places(found, invocation, machine)
        try? output.finish(status)
        finish(StatusFile(in: stateFolder), status, stateFolder)
        try? Results.end()
        // Not `exit`: others are still at work.
        _exit(status.exitCode)
    }

    private static func places(
        _ found: DryRun, _ invocation: Invocation, _ machine: Machine
    ) -> (RunOutput, StateFolder) {
        let output = RunOutput(
            invocation.settings, found.plans, results: invocation.style(for: .output),
            notes: invocation.style(for: .error))
        let stateFolder = StateFolder(
            invocation.settings.stateDir, environment: invocation.environment, workingFolder: machine.workingFolder,
            isRoot: geteuid() == 0)
        return (output, stateFolder)
    }

    /// Options that this build reads and does not act on: to take them in silence would be to promise something.
    private static func refuseWhatIsNotBuilt(_ invocation: Invocation) throws(Failure) {
        if invocation.command != nil { throw .usage("running a COMMAND is not there yet") }
        for option in Option.going(with: .run) where !option.isBuilt && invocation.settings.source(of: option) == .flag
        {
            throw .usage("\(option.flag) is not there yet")
        }
    }

    private static func run(
        _ found: DryRun, _ invocation: Invocation, _ input: TaskInput, _ limit: TimeLimit,
        _ memory: MemoryBudget
    ) throws(Failure) -> ExitStatus {
        let settings = invocation.settings
        let (output, stateFolder) = places(found, invocation, try input.machine())
        let statusFile = StatusFile(in: stateFolder)
        guard let plan = found.plans.first, let preflight = found.preflights?.first, !found.stopsEverything else {
            let status = RunStatus(task: found.task, started: .now(), diagnostics: found.diagnostics, mounts: [])
            try output.finish(status)
            // A file that cannot be read names no task; any other is told what became of its run.
            if !found.plans.isEmpty { finish(statusFile, status, stateFolder) }
            return found.exitStatus
        }
        if stateFolder.isInMemory, !settings.quiet {
            Results.note(
                "provision: the state folder \(stateFolder.path) is in memory (tmpfs): it is lost when the machine stops\n"
            )
        }
        let limits = RunLimits(
            jobs: settings.jobs, memory: memory, timeoutMilliseconds: limit.left, isForced: settings.force)
        let taskRun = TaskRun(
            plan, preflight, file: input.name, diagnostics: found.diagnostics, stateFolder: stateFolder, limits: limits)
        let final = taskRun.run { status in
            output.show(status)
            statusFile.update(status)
        }
        var status = ExitStatus(rawValue: final.exitCode)
        if !finish(statusFile, final, stateFolder), status == .done { status = .inputOutput }
        try output.finish(final)
        if let status { return status }
        // 128 and a signal's number are no status of ours.
        try Results.end()
        exit(final.exitCode)
    }

    /// Writes the status file; false, and a message, when that fails.
    @discardableResult
    private static func finish(_ file: StatusFile, _ status: RunStatus, _ folder: StateFolder) -> Bool {
        do throws(SystemError) {
            try file.finish(status)
            return true
        } catch {
            Results.note("provision: the status file in \(folder.path) cannot be written: \(error.description)\n")
            return false
        }
    }
}
