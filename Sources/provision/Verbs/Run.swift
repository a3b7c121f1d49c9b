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
        let started = Timestamp.now()
        let input = TaskInput(invocation)
        let memory = try memory(settings)
        var found = try input.planned()
        try refuseWhatIsNotBuilt(invocation)
        // From here on a run tells how it ended, whatever ends it. A dry run has nothing to tell.
        let signals = settings.dryRun ? SignalWait(for: []) : SignalWait()
        let asking = Asking(settings.dryRun ? nil : settings.timeout, signals: signals)
        if !settings.offline, found.isWorthAsking {
            let (machine, stores, planned) = (try input.machine(), try input.stores(), found)
            let space = ListingSpace(memory, invocation.environment)
            let outcome = asking.run(waiting: {
                var asked = planned
                asked.ask(file: input.name, on: machine, stores: stores, listingIn: space)
                return asked
            })
            switch outcome {
            case .done(let asked): found = asked
            case .late: endEarly(found, started, .timeout, invocation, machine)
            case .signal(let number): endEarly(found, started, .signal(number), invocation, machine)
            }
        }
        if settings.dryRun {
            try DryRunOutput(found, settings.output, style: invocation.style(for: .output)).write()
            return found.exitStatus
        }
        return try run(found, invocation, input, memory, asking.left, signals)
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

    /// Before all had been asked.
    private static func endEarly(
        _ found: DryRun, _ started: Timestamp, _ reason: RunStatus.Interruption, _ invocation: Invocation,
        _ machine: Machine
    ) -> Never {
        let status = RunStatus(unbegun: found, started: started, reason)
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

    /// Options that this build reads and does not act on: to take them in silence would be to promise something. One that is
    /// typed is refused where it would have to act; of what is exported or configured for good it is said.
    private static func refuseWhatIsNotBuilt(_ invocation: Invocation) throws(Failure) {
        let settings = invocation.settings
        if invocation.command != nil, !settings.dryRun { throw .usage("running a COMMAND is not there yet") }
        for option in Option.going(with: .run) where !option.isBuilt {
            switch settings.source(of: option) {
            case .nobody: continue
            case .flag where !settings.dryRun: throw .usage("\(option.flag) is not there yet")
            case .flag, .environment, .config:
                guard !settings.quiet else { continue }
                Results.note(
                    "provision: \(settings.place(of: option)): \(option.flag) is not there yet and does nothing\n")
            }
        }
    }

    private static func run(
        _ found: DryRun, _ invocation: Invocation, _ input: TaskInput, _ memory: MemoryBudget, _ left: Int?,
        _ signals: SignalWait
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
        if settings.verbose { Results.note(preflight.mounts.map(MountNotes.before).joined()) }
        let limits = RunLimits(
            jobs: settings.jobs, memory: memory, timeoutMilliseconds: left, isForced: settings.force)
        let taskRun = TaskRun(
            plan, preflight, file: input.name, diagnostics: found.diagnostics, stateFolder: stateFolder,
            environment: invocation.environment, limits: limits, signals: signals)
        let final = taskRun.run { status in
            output.show(status)
            statusFile.update(status)
        }
        if settings.verbose { Results.note(final.mounts.map(MountNotes.after).joined()) }
        var status = ExitStatus(rawValue: final.exitCode)
        if !finish(statusFile, final, stateFolder), status == .done { status = .inputOutput }
        try output.finish(final)
        if let status { return status }
        // 128 and a signal's number are no status of ours.
        try Results.end()
        Main.leave(final.exitCode)
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
