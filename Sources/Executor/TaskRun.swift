public import Plan
public import Platform
import Synchronization
public import TaskFile
import Transfer

/// Runs a plan: every mount as soon as those above it are there, several side by side. One that fails does not stop the
/// others.
public final class TaskRun: Sendable {
    /// Those that can be done; the status has the refused ones behind them.
    private let jobs: [Job]
    private let stateFolder: StateFolder
    private let environment: Environment
    /// The task file, for what is said of its entries.
    private let file: String
    private let limits: RunLimits
    private let progress: [CopyProgress]
    private let watches: Mutex<[Stopwatch?]>
    private let course: Mutex<Course>
    private let signals: SignalWait
    /// What keeps the mounts as long as COMMAND needs them; nothing: they stay.
    private let user: MountUser?
    /// Counts up whenever a mount has ended, for those that wait for the one they stand in.
    private let ended = Semaphore()

    private struct Course {
        var status: RunStatus
        /// What it was with each change of a state that has not been shown yet: also what passes at once is told.
        var unseen: [RunStatus]

        init(_ status: RunStatus) {
            self.status = status
            unseen = [status]
        }
    }

    private enum Job {
        case copy(CheckedMount)
        case mount(CheckedMountPoint)

        var planned: PlannedMount {
            switch self {
            case .copy(let checked): checked.planned
            case .mount(let checked): checked.planned
            }
        }

        var status: MountStatus {
            switch self {
            case .copy(let checked): MountStatus(checked: checked)
            case .mount(let checked): MountStatus(checked: checked)
            }
        }
    }

    /// `environment`: where the sessions of mounts look for credentials.
    public init(
        _ plan: Plan, _ preflight: Preflight, file: String, diagnostics: [Diagnostic], stateFolder: StateFolder,
        environment: Environment, limits: RunLimits, signals: SignalWait, user: MountUser? = nil
    ) {
        self.user = user
        self.file = file
        let all = preflight.mounts.map(Job.copy) + preflight.mountPoints.map(Job.mount)
        let order = Dictionary(
            plan.mounts.enumerated().map { ($1.mount.path, $0) }, uniquingKeysWith: { first, _ in first })
        jobs = all.sorted { order[$0.planned.mount.path, default: 0] < order[$1.planned.mount.path, default: 0] }
        self.stateFolder = stateFolder
        self.environment = environment
        self.limits = limits.shared(
            byMounts: preflight.mountPoints.count, andCopies: !preflight.mounts.isEmpty)
        progress = jobs.map { _ in CopyProgress() }
        watches = Mutex(jobs.map { _ in nil })
        course = Mutex(
            Course(
                RunStatus(
                    task: plan.task, started: .now(), diagnostics: diagnostics,
                    mounts: jobs.map(\.status) + preflight.refused.map(MountStatus.init(refused:)))))
        self.signals = signals
    }

    /// Runs to the end. `observe` is called from this thread with every change of a state, from those at the beginning on, and at
    /// least every tenth of a second.
    public func run(observe: (RunStatus) -> Void) -> RunStatus {
        let watch = Stopwatch()
        let workers = Threads.begin(min(jobs.count, RunLimits.mountsAtOnce)) { [self] in work() }
        var deadlineIsOver = false
        while !isOver {
            show(observe)
            let signal = signals.next(milliseconds: 100)
            if let signal { interrupt(.signal(signal)) }
            if let limit = limits.timeoutMilliseconds, !deadlineIsOver, watch.seconds * 1000 >= Double(limit) {
                deadlineIsOver = true
                interrupt(.timeout)
            }
        }
        workers.join()
        show(observe)
        return snapshot()
    }

    private func show(_ observe: (RunStatus) -> Void) {
        let unseen = course.withLock { course in
            defer { course.unseen = [] }
            return course.unseen
        }
        for status in unseen { observe(figured(status)) }
        observe(snapshot())
    }

    // MARK: Mounts

    private var isOver: Bool { course.withLock { $0.status.mounts.allSatisfy(\.state.isFinal) } }

    /// Takes one mount after the other until none is left.
    private func work() {
        while true {
            switch next() {
            case .job(let index): perform(index)
            case .wait: ended.wait()
            case .none: return
            }
        }
    }

    private enum Next {
        case job(Int)
        case wait
        case none
    }

    private func next() -> Next {
        let next = change { status -> Next in
            var isWaiting = false
            for index in jobs.indices where status.mounts[index].state == .planned {
                if status.interruption != nil {
                    status.mounts[index].state = .skipped
                    continue
                }
                // What it stands in comes first; when that failed it is tried all the same, by itself.
                if parents(of: index).allSatisfy({ status.mounts[$0].state.isFinal }) {
                    if case .copy = jobs[index] {
                        status.mounts[index].state = .copying
                    } else {
                        status.mounts[index].state = .mounting
                    }
                    return .job(index)
                }
                isWaiting = true
            }
            return isWaiting ? .wait : .none
        }
        signals.wake()
        return next
    }

    private func parents(of index: Int) -> [Int] {
        let path = jobs[index].planned.path
        return jobs.indices.filter { path.hasPrefix(jobs[$0].planned.path + "/") }
    }

    private func perform(_ index: Int) {
        watches.withLock { $0[index] = Stopwatch() }
        switch jobs[index] {
        case .copy(let checked): copy(checked, index)
        case .mount(let checked): mount(checked, index)
        }
        watches.withLock { $0[index] = nil }
        // Everybody who waits looks again; one signal too many only makes somebody look once more.
        for _ in 0..<RunLimits.mountsAtOnce { ended.signal() }
        signals.wake()
    }

    private func copy(_ checked: CheckedMount, _ index: Int) {
        let copy = Copy(
            checked, stateFolder: stateFolder.path, progress: progress[index],
            limits: limits.copy(of: checked.mount))
        let outcome = copy.run(waits: {})
        let counted = snapshot().mounts[index]
        change { status in
            status.mounts[index] = counted
            status.mounts[index].state = outcome.failure == nil ? .copied : .failed
            status.mounts[index].error = outcome.failure.map(MountError.init)
            if outcome.localEdits > 0 {
                status.diagnostics.append(checked.planned.report(ofLocalEdits: outcome.localEdits, file))
            }
            if outcome.unproven > 0 {
                status.diagnostics.append(checked.planned.report(ofUnproven: outcome.unproven, file))
            }
        }
    }

    private func mount(_ checked: CheckedMountPoint, _ index: Int) {
        let task = course.withLock { $0.status.task }
        let work = MountWork(
            checked: checked, client: SupervisorClient(TaskFolder(stateFolder, task: task), environment),
            user: user, environment: environment, limits: limits.ofEachMount, progress: progress[index])
        let outcome = work.run()
        let seconds = snapshot().mounts[index].seconds
        change { status in
            status.mounts[index].seconds = seconds
            switch outcome {
            case .success(let served):
                status.mounts[index].state = .mounted
                status.mounts[index].process = served.process
                status.mounts[index].uploads = served.uploads
            case .failure(let error):
                status.mounts[index].state = .failed
                status.mounts[index].error = error
            }
        }
    }

    private func interrupt(_ reason: RunStatus.Interruption) {
        change { $0.interruption = $0.interruption ?? reason }
        for progress in progress { progress.cancel() }
    }

    private func change<Answer>(_ body: (inout RunStatus) -> Answer) -> Answer {
        course.withLock { course in
            let before = course.status.mounts.map(\.state)
            defer { if course.status.mounts.map(\.state) != before { course.unseen.append(course.status) } }
            return body(&course.status)
        }
    }

    // MARK: Looking

    private func snapshot() -> RunStatus { figured(course.withLock { $0.status }) }

    /// With the figures of this moment.
    private func figured(_ status: RunStatus) -> RunStatus {
        var now = status
        let watches = watches.withLock { $0 }
        for index in jobs.indices {
            if case .copy(let checked) = jobs[index] {
                now.mounts[index].objects.done = progress[index].objectsDone
                now.mounts[index].objects.skipped = progress[index].objectsSkipped
                now.mounts[index].bytes.done = progress[index].bytesDone
                now.mounts[index].count(requestsOf: checked)
            }
            if let watch = watches[index] { now.mounts[index].seconds = watch.seconds }
        }
        return now
    }
}

/// The ceilings of one session: what it may take for what is read ahead and kept, and how many requests it may have at once,
/// where that is said.
struct SessionLimits: Sendable {
    var memory: Int
    var requests: Int?
}

/// The ceilings of a run, and what holds for all of its mounts.
public struct RunLimits: Sendable {
    static let mountsAtOnce = 4
    private static let mostAtOnce = 256

    public var jobs: Int?
    public var timeoutMilliseconds: Int?

    /// What is in place is copied again.
    public var isForced: Bool
    private var memory: MemoryBudget
    private var gate: Gate
    /// What is each mount's part.
    private(set) var ofEachMount: SessionLimits

    public init(
        jobs: Int? = nil, memory: MemoryBudget, timeoutMilliseconds: Int? = nil, isForced: Bool = false
    ) {
        self.jobs = jobs
        self.memory = memory
        self.timeoutMilliseconds = timeoutMilliseconds
        self.isForced = isForced
        gate = Gate(jobs ?? Self.mostAtOnce)
        ofEachMount = SessionLimits(memory: memory.total, requests: jobs)
    }

    /// Each mount is a process of its own. They share evenly what the task may take, and all of its copies have one part more.
    func shared(byMounts mounts: Int, andCopies hasCopies: Bool) -> RunLimits {
        let parts = mounts + (hasCopies ? 1 : 0)
        guard mounts > 0, parts > 1 else { return self }
        var shared = self
        // What has been listed stays where it is.
        let memory = (memory.total - memory.used) / parts
        shared.ofEachMount = SessionLimits(memory: memory, requests: jobs.map { max(1, $0 / parts) })
        shared.memory = MemoryBudget(memory)
        if let jobs { shared.gate = Gate(max(1, jobs - mounts * max(1, jobs / parts))) }
        return shared
    }

    func copy(of mount: Mount) -> CopyLimits {
        let most = min(jobs ?? Self.mostAtOnce, mount.access.concurrency ?? Self.mostAtOnce)
        // Disks want a few requests at once, and more than that only costs.
        return CopyLimits(
            threads: min(most, max(4, 2 * Threads.processors)), requests: most,
            partSize: mount.access.partSize ?? CopyLimits.defaultPartSize, gate: gate, memory: memory,
            isForced: isForced)
    }
}

extension MountError {
    init(_ failure: CopyFailure) {
        self.init(
            code: failure.code.rawValue, message: failure.message, hint: failure.hint,
            isRetryable: failure.isRetryable, exitStatus: failure.exitStatus)
    }
}

extension PlannedMount {
    /// What a merge has replaced that was not as we had left it.
    func report(ofLocalEdits count: Int, _ file: String) -> Diagnostic {
        Diagnostic(
            .warning, .nonemptyDestination,
            "\(count) \(count == 1 ? "file" : "files") below `\(shownDestination)` had been changed since the last run and \(count == 1 ? "was" : "were") replaced",
            hint: "on_nonempty: refuse stops before that", file: file, position: mount.position, path: mount.path)
    }

    /// What `checksum: full` could not do.
    func report(ofUnproven count: Int, _ file: String) -> Diagnostic {
        Diagnostic(
            .warning, .inputOutput,
            "\(count) \(count == 1 ? "object" : "objects") below `\(shownDestination)` could be compared by size alone: the store keeps no checksum of \(count == 1 ? "it" : "them") that can be compared",
            hint: "upload with a checksum of the whole object, such as CRC-64/NVME or CRC-32C", file: file,
            position: mount.position, path: mount.path)
    }
}
