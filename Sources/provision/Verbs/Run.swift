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
        let seen = try NoticesInput(invocation, workingFolder: try input.machine().workingFolder)
        var found = try input.planned()
        try checkDescriptor(settings, found)
        for plan in found.plans { try seen.check(plan) }
        let notices = RunNotices(settings.dryRun ? .none : seen.notices) { Results.note("provision: \($0)\n") }
        try Failure.of { () throws(MountError) in try notices.begin() }
        // From here on a run tells how it ended, whatever ends it. A dry run has nothing to tell.
        let signals = settings.dryRun ? SignalWait(for: []) : SignalWait()
        let asking = Asking(settings.dryRun ? nil : settings.timeout, signals: signals)
        if !settings.offline, found.isWorthAsking {
            let (machine, stores, planned) = (try input.machine(), try input.stores(), found)
            let state = StateFolder(at: machine.state)
            let space = ListingSpace(
                memory, invocation.environment, stateFolder: state.isInMemory ? nil : RawPath(state.path))
            let outcome = asking.run(waiting: {
                var asked = planned
                asked.ask(file: input.name, on: machine, stores: stores, listingIn: space)
                return asked
            })
            switch outcome {
            case .done(let asked): found = asked
            case .late: endEarly(found, started, .timeout, invocation, machine, notices)
            case .signal(let number): endEarly(found, started, .signal(number), invocation, machine, notices)
            }
        }
        if settings.dryRun {
            try DryRunOutput(found, settings.output, style: invocation.style(for: .output)).write()
            return found.exitStatus
        }
        return try run(found, invocation, input, memory, asking.left, signals, notices)
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
        _ machine: Machine, _ notices: RunNotices
    ) -> Never {
        let status = RunStatus(unbegun: found, started: started, reason)
        let (output, stateFolder) = places(found, invocation, machine)
        try? output.finish(status)
        finish(StatusFile(in: stateFolder), status, stateFolder)
        notices.finish(status)
        try? Results.end()
        // Not `exit`: others are still at work.
        _exit(status.exitCode)
    }

    private static func places(
        _ found: DryRun, _ invocation: Invocation, _ machine: Machine
    ) -> (RunOutput, StateFolder) {
        let isEntrypoint = invocation.command != nil
        let output = RunOutput(
            invocation.settings, found, results: invocation.style(for: isEntrypoint ? .error : .output),
            notes: invocation.style(for: .error), leavesOutput: isEntrypoint)
        return (output, StateFolder(at: machine.state))
    }

    /// A descriptor is one mount's.
    private static func checkDescriptor(_ settings: Settings, _ found: DryRun) throws(Failure) {
        guard settings.fuseFD != nil else { return }
        let mounts = found.plans.flatMap(\.mounts).filter { mount in
            mount.mount.mode.isMount && PassedDevice.number(ofPath: mount.mount.destination.written) == nil
        }
        guard mounts.count > 1 else { return }
        throw .usage(
            "\(settings.place(of: .fuseFD)) is for one mount, and there are \(mounts.count)",
            hint: "choose one with \(Option.only.flag), or make each one's destination /dev/fd/N")
    }

    private static func run(
        _ found: DryRun, _ invocation: Invocation, _ input: TaskInput, _ memory: MemoryBudget, _ left: Int?,
        _ signals: SignalWait, _ notices: RunNotices
    ) throws(Failure) -> ExitStatus {
        let settings = invocation.settings
        let (output, stateFolder) = places(found, invocation, try input.machine())
        let statusFile = StatusFile(in: stateFolder)
        guard let plan = found.plans.first, let preflight = found.preflights?.first, !found.stopsEverything else {
            let status = RunStatus(task: found.task, started: .now(), diagnostics: found.diagnostics, mounts: [])
            try output.finish(status)
            // A file that cannot be read names no task; any other is told what became of its run.
            if !found.plans.isEmpty { finish(statusFile, status, stateFolder) }
            notices.finish(status)
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
        let folder = TaskFolder(stateFolder, task: plan.task)
        let supervisor = SupervisorClient(folder, invocation.environment)
        let entrypoint = invocation.command.map { words in
            Entrypoint(
                Command(words.map(\.bytes), variables: plan.variables), of: folder,
                servesMounts: !preflight.mountPoints.isEmpty, apart: preflight.mounting?.way == .ownNamespaces,
                invocation, notices)
        }
        let taskRun = TaskRun(
            plan, preflight, file: input.name, diagnostics: found.diagnostics, stateFolder: stateFolder,
            environment: invocation.environment, limits: limits, signals: signals, user: entrypoint?.user)
        let show = { (status: RunStatus) in
            output.show(status)
            statusFile.update(status)
        }
        var final = taskRun.run { status in
            show(status)
            notices.update(status)
        }
        if settings.verbose { Results.note(final.mounts.map(MountNotes.after).joined()) }
        if let entrypoint {
            if final.exitCode == 0, !entrypoint.servesMounts {
                finish(statusFile, final, stateFolder)
                try output.finish(final)
                let status = final
                try Failure.of { () throws(MountError) in
                    try notices.ready(status, forCommand: true, supervisor, nil)
                }
                entrypoint.command.becomeThisProcess()
            }
            output.leaveLines()
            final = try entrypoint.run(after: final, output.events, show)
        }
        var failure: Failure?
        if entrypoint == nil { failure = leave(final, notices, supervisor) }
        var status = ExitStatus(rawValue: final.exitCode)
        if !finish(statusFile, final, stateFolder), status == .done, entrypoint == nil { status = .inputOutput }
        try output.finish(final)
        if let failure { throw failure }
        if let status, entrypoint == nil { return status }
        // COMMAND's, or 128 and a signal's number, which are no status of ours.
        try Results.end()
        Main.leave(status?.rawValue ?? final.exitCode)
    }

    /// What a run without COMMAND has shown others go on with, or nobody has to. Returns why that is not so.
    private static func leave(
        _ status: RunStatus, _ notices: RunNotices, _ supervisor: SupervisorClient
    ) -> Failure? {
        do throws(MountError) {
            if status.exitCode == 0 {
                try notices.ready(status, forCommand: false, supervisor, nil)
            } else {
                try notices.leave(status, supervisor)
                notices.finish(status)
            }
            return nil
        } catch {
            return Failure(error)
        }
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
