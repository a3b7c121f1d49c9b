import JSON
import MountSession
import Plan
import Platform
import Transfer

/// What a run does for one mount: it has the supervisor mount it, and waits until that is ready or has failed.
struct MountWork {
    let checked: CheckedMountPoint
    let client: SupervisorClient
    /// Whose COMMAND needs it; nothing: it stays.
    let user: MountUser?
    let environment: Environment
    let limits: SessionLimits
    /// By which the run gives up.
    let progress: CopyProgress

    /// What is mounted, and what was there to be saved.
    struct Served {
        var process: Int32?
        var uploads: MountUploads
    }

    func run() -> Result<Served, MountError> {
        let planned = checked.planned
        let request = MountRequest(
            path: planned.path, shownPath: planned.shownPath, shownDestination: planned.shownDestination,
            shownSource: planned.shownSource, identity: checked.source.opened.identity,
            order: ServingOrder(checked, environment, limits), user: user?.name)
        let size = request.order.json.compact.utf8.count
        guard size <= SessionProgram.largestConfiguration else { return .failure(.tooMuchToTell(size)) }
        do throws(MountError) {
            try user?.begin(isGivenUp: { progress.isCancelled })
            let answer = try client.askStarting(
                .mount(request), passing: checked.device.map { [$0] } ?? [],
                connected: { connection in progress.whenCancelled { connection.end() } },
                isGivenUp: { progress.isCancelled })
            if let device = checked.device { PassedDevice.leave(device) }
            if let error = answer.error { throw error }
            guard let mount = answer.mounts.first else { throw .interrupted }
            let process = mount["pid"]?.wholeNumber.map { Int32(truncatingIfNeeded: $0) }
            return .success(Served(process: process, uploads: MountUploads(ofMount: mount)))
        } catch {
            return .failure(progress.isCancelled ? .interrupted : error)
        }
    }
}

extension MountError {
    /// The environment is what may be large of it.
    fileprivate static func tooMuchToTell(_ size: Int) -> MountError {
        MountError(
            code: "session",
            message:
                "the environment is too large: a session can be told \(SessionProgram.largestConfiguration) bytes, and with it that would be \(size)",
            hint: "run provision with fewer variables, such as with `env -i`", isRetryable: false,
            exitStatus: .systemRefused)
    }
}
