import Executor
import Platform

/// `provision TASK.yaml -- COMMAND`: what comes when the mounts are ready, or could not be made.
struct Entrypoint {
    let command: Command
    /// Whether anything is left to do once COMMAND runs.
    let servesMounts: Bool
    /// What keeps the mounts for COMMAND.
    let user: MountUser
    private let settings: Settings
    private let environment: Environment
    private let notices: RunNotices

    /// Nothing was written by this run: so long may take what ends without COMMAND.
    private static let moment = 2000

    /// `apart`: what mounts for it does so where only COMMAND sees it.
    init(
        _ command: Command, of folder: TaskFolder, servesMounts: Bool, apart: Bool, _ invocation: Invocation,
        _ notices: RunNotices
    ) {
        self.notices = notices
        self.command = command
        self.servesMounts = servesMounts
        settings = invocation.settings
        environment = invocation.environment
        user = MountUser(folder, environment, limit: settings.drainTimeout, apart: apart)
    }

    /// Runs COMMAND unless something has failed, and gives the mounts back. `show` is called with every change.
    func run(
        after provisioned: RunStatus, _ events: EventStream, _ show: (RunStatus) -> Void
    ) throws(Failure) -> RunStatus {
        var status = provisioned
        var terminations = 0
        var end: ProcessEnd?
        var failure: Failure?
        var limit: Int? = Self.moment
        if provisioned.exitCode == 0 { failure = showReady(provisioned) }
        let following = follow(events)
        defer { following?.end() }
        if provisioned.exitCode == 0, failure == nil {
            do throws(SystemError) {
                let run = CommandRun { Results.note("provision: \($0)\n") }
                let outcome = try run.run(command, in: user.doors, started: user.note(command:))
                (end, terminations) = (outcome.end, outcome.terminations)
                limit = settings.drainTimeout?.milliseconds
            } catch {
                failure = Failure(.systemRefused, "COMMAND cannot be started: \(error.description)")
            }
        }
        status.beginDraining()
        show(status)
        notices.beginDraining()
        let verdict = ExitBarrier(user, environment).run(
            limit: limit, terminations: terminations, watch: watcher(events))
        following?.end()
        status.take(verdict)
        if let end { status.command = (end, verdict.exitStatus) }
        show(status)
        notices.finish(status, isUnsupervised: verdict.isUnsupervised)
        if let failure { throw failure }
        return status
    }

    /// What happens to the mounts goes out as it happens.
    private func follow(_ events: EventStream) -> TaskFollowing? {
        guard settings.output == .ndjson else { return nil }
        return TaskFollowing(user.folder, environment, events.emit(told:))
    }

    private func watcher(_ events: EventStream) -> TaskWatcher {
        // Its states are told with those of the run, and what happens is followed from the beginning.
        let drain = DrainEvents(events, settings, tellsStates: false)
        let line = UploadLine.watch(settings)
        let isStream = settings.output == .ndjson
        return TaskWatcher { [notices] mounts in
            if isStream { drain.look(mounts) } else { line(mounts) }
            notices.drain(pending: mounts.reduce(0) { $0 + MountUploads(ofMount: $1).pending })
        }
    }

    /// To whoever waits for that. Returns why it cannot be shown: then nobody would ever come to use what is there.
    private func showReady(_ status: RunStatus) -> Failure? {
        do throws(MountError) {
            try notices.ready(status, forCommand: true, SupervisorClient(user.folder, environment), user)
            return nil
        } catch {
            return Failure(error)
        }
    }
}
