public import JSON
import MountSession
public import Platform

/// Ends what runs of a task, or has everything written out that is not in the bucket yet.
public struct TaskEnding: Sendable {
    /// The status of the mounts that there were.
    public private(set) var mounts: [JSONValue] = []
    /// Of those that had gone before, and have left something staged.
    private var left: [RecordedMount] = []
    public private(set) var error: MountError?
    private let task: String
    private let started = Timestamp.now()

    private static let patience = 30_000

    /// Brings everything into the bucket and unmounts it, also what a supervisor that was killed has left. `watch` is called by
    /// other threads.
    public static func down(
        _ folder: TaskFolder, _ environment: Environment, force: Bool, limit: TimeSpan?,
        watch: TaskWatcher
    ) -> TaskEnding {
        var ending = TaskEnding(folder)
        ending.attempt { ending throws(MountError) in
            let request = ControlRequest.down(force: force, limit: limit?.milliseconds)
            let answer = try TaskWatch.during(folder, environment, watch) { () throws(MountError) in
                try ending.answer(of: folder, to: request, environment)
            }
            guard let answer else { return try ending.clearUp(folder, environment) }
            (ending.mounts, ending.error) = (answer.mounts, answer.error)
            let stays =
                answer.isNeeded || answer.mounts.contains { $0["state"] != .string(MountState.unmounted.rawValue) }
            // Should it stay, somebody mounts again already, which is no failure of ours.
            if !stays { _ = folder.waitUntilUnsupervised(milliseconds: patience) }
            try ending.addLeft(of: folder)
        }
        return ending
    }

    /// Waits until everything that is whole is in the bucket.
    public static func flush(
        _ folder: TaskFolder, _ environment: Environment, limit: TimeSpan?,
        watch: TaskWatcher
    ) -> TaskEnding {
        var ending = TaskEnding(folder)
        ending.attempt { ending throws(MountError) in
            let answer = try TaskWatch.during(folder, environment, watch) { () throws(MountError) in
                try ending.answer(of: folder, to: .flush(limit: limit?.milliseconds), environment)
            }
            guard let answer else {
                let recorded = try folder.recordedMounts
                ending.left = recorded.filter(\.isLeft)
                ending.mounts = recorded.filter { !$0.isLeft }.map(\.status)
                ending.error = MountError(notSaved: recorded)
                return
            }
            (ending.mounts, ending.error) = (answer.mounts, answer.error)
            try ending.addLeft(of: folder)
        }
        return ending
    }

    private init(_ folder: TaskFolder) {
        task = folder.task
    }

    public var exitStatus: ExitStatus { error?.exitStatus ?? .done }

    /// In the form of a run's final document.
    public var document: JSONValue {
        [
            "v": 1, "task": .string(task), "result": error == nil ? "ok" : "failed",
            "exit_code": .integer(Int(exitStatus.rawValue)), "exit_source": "provision",
            "started": .string(started.text), "diagnostics": [], "mounts": .array(allMounts),
        ]
    }

    public var allMounts: [JSONValue] {
        var all = mounts
        for one in left { all.add(one) }
        return all
    }

    private mutating func attempt(_ body: (inout TaskEnding) throws(MountError) -> Void) {
        do throws(MountError) {
            try body(&self)
        } catch {
            self.error = error
        }
    }

    /// Nothing when there is no supervisor. One that is just beginning, or ending, is waited for.
    private func answer(
        of folder: TaskFolder, to request: ControlRequest, _ environment: Environment
    ) throws(MountError) -> ControlAnswer? {
        let end = MonotonicTime.milliseconds + Self.patience
        while true {
            if let answer = try SupervisorClient(folder, environment).ask(request) { return answer }
            guard folder.isSupervised else { return nil }
            guard MonotonicTime.milliseconds < end else {
                throw .unreachable("the supervisor of `\(folder.task)` does not answer")
            }
            Threads.sleep(milliseconds: 20)
        }
    }

    /// Its sessions end by themselves, and what stays of their mounts is taken away.
    private mutating func clearUp(_ folder: TaskFolder, _ environment: Environment) throws(MountError) {
        guard try !folder.recordedMounts.isEmpty else { return }
        // As long as this is held no other supervisor begins.
        let lock: SharedDescriptor?
        do throws(SystemError) {
            lock = try folder.takeLock()
        } catch {
            throw .unreachable("\(folder.path)/lock cannot be used: \(error.description)", .inputOutput)
        }
        guard let lock else { throw .unreachable("another run of `\(folder.task)` has just begun") }
        defer { withExtendedLifetime(lock) {} }
        let recorded = try folder.recordedMounts
        folder.removeSocket(environment)
        folder.removeReadyFiles()
        let dead = try folder.removeDeadMounts()
        left = recorded.filter(\.isLeft)
        for mount in recorded where !mount.isLeft {
            let isMounted = dead.contains { $0 == mount.path }
            mounts.append(isMounted ? mount.unmounted.replacing("state", with: "failed") : mount.unmounted)
            folder.state.note(mounts[mounts.count - 1], of: folder)
        }
        guard dead.isEmpty else {
            throw MountError(
                code: "busy", message: "what is mounted at `\(dead[0])` cannot be taken away",
                hint: "umount \(dead[0])", isRetryable: true, exitStatus: .temporary)
        }
        do throws(TrustedPath.Failure) {
            try folder.record(recorded.filter(\.hasSomething).map(\.left))
        } catch {
            throw .unreachable("\(error.reason)", .inputOutput)
        }
        error = MountError(notSaved: recorded)
    }

    /// Of mounts that the supervisor which has answered does not have. What this call has left is told of already.
    private mutating func addLeft(of folder: TaskFolder) throws(MountError) {
        left = try folder.recordedMounts.filter { one in
            one.isLeft
                && !mounts.contains {
                    one.isOf($0) && $0["state"] == .string(MountState.unmounted.rawValue) && $0["error"] != .null
                }
        }
        guard let notSaved = MountError(notSaved: left) else { return }
        let statuses = [error, notSaved].compactMap { $0?.exitStatus }
        if error?.exitStatus != ExitStatus.deciding(among: statuses) { error = notSaved }
    }
}

extension TaskFolder {
    private static let patience = 5000

    /// Takes away what a supervisor that was killed has left mounted; its sessions end by themselves. Returns the paths
    /// where that could not be done.
    func removeDeadMounts() throws(MountError) -> [String] {
        // What is mounted inside of another mount goes first.
        try recordedMounts.filter { !$0.isLeft }.compactMap(\.path).sorted(by: >).filter { path in
            let end = MonotonicTime.milliseconds + Self.patience
            while true {
                do throws(SystemError) {
                    guard try DeadMount.remove(at: RawPath(path)) == .alive else { return false }
                    guard MonotonicTime.milliseconds < end else { return true }
                } catch {
                    return true
                }
                Threads.sleep(milliseconds: 20)
            }
        }
    }
}
