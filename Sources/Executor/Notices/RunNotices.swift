import Platform
import Synchronization

/// What a run shows of its task without being asked, until a supervisor goes on with it.
public final class RunNotices: Sendable {
    private struct State {
        var hasComplained = false
        /// The supervisor shows the figures from here on.
        var isHandedOver = false
        /// Of the figures that were written last.
        var states: [MountState] = []
        var sinceWritten = Stopwatch()
        /// What the service manager shows.
        var line = ""
    }

    private let notices: Notices
    /// Of what cannot be shown and stops nothing.
    private let complain: @Sendable (String) -> Void
    private let state = Mutex(State())

    public init(_ notices: Notices, complain: @escaping @Sendable (String) -> Void) {
        self.notices = notices
        self.complain = complain
    }

    /// Nothing is ready yet, whatever a run says that was killed.
    public func begin() throws(MountError) {
        guard let file = notices.readyFile else { return }
        do throws(SystemError) { try file.remove() } catch { throw .noReadyFile(file, error) }
    }

    /// With the figures of this moment: at once when a state has changed, else every second.
    public func update(_ status: RunStatus) {
        tell(StatusLine.provisioning(status))
        let states = status.mounts.map(\.state)
        let isDue = state.withLock { state in
            guard states != state.states || state.sinceWritten.seconds >= 1 else { return false }
            (state.states, state.sinceWritten) = (states, Stopwatch())
            return true
        }
        if isDue { write(status, isReady: false) }
    }

    /// Everything is there, and COMMAND is about to start if there is one. What is mounted is the supervisor's to tell of from
    /// here on.
    public func ready(
        _ status: RunStatus, forCommand: Bool, _ supervisor: SupervisorClient, _ user: MountUser?
    ) throws(MountError) {
        guard !notices.isEmpty else { return }
        var process: Int32?
        if status.mounts.contains(where: { $0.state == .mounted }) {
            let supervising = try handOver(status, isReady: true, supervisor, user)
            if user == nil { process = supervising.map { Int32(truncatingIfNeeded: $0) } }
        } else {
            if let file = notices.readyFile {
                do throws(SystemError) { try file.write("") } catch { throw .noReadyFile(file, error) }
            }
            write(status, isReady: true)
        }
        tell(StatusLine.ready(status, forCommand: forCommand), with: .ready(mainProcess: process))
    }

    /// Something has failed; what is mounted stays all the same.
    public func leave(_ status: RunStatus, _ supervisor: SupervisorClient) throws(MountError) {
        guard notices.metricsFile != nil, status.mounts.contains(where: { $0.state == .mounted }) else { return }
        _ = try handOver(status, isReady: false, supervisor, nil)
    }

    /// COMMAND has ended, or something has failed before it could begin.
    public func beginDraining() { tell(StatusLine.draining(0), with: .stopping) }

    /// So many files are not in the bucket yet.
    public func drain(pending: Int) { tell(StatusLine.draining(pending)) }

    /// `isUnsupervised`: the supervisor has died and shows nothing any more.
    public func finish(_ status: RunStatus, isUnsupervised: Bool = false) {
        if isUnsupervised { state.withLock { $0.isHandedOver = false } }
        write(status, isReady: false)
        tell(StatusLine.end(status))
    }

    private func handOver(
        _ status: RunStatus, isReady: Bool, _ supervisor: SupervisorClient, _ user: MountUser?
    ) throws(MountError) -> Int? {
        var left = notices
        // A COMMAND's run stays, and tells its service manager itself.
        if user != nil || !isReady { left.serviceManager = nil }
        let announcement = Announcement(
            left, task: status.task, user: user?.name, isReady: isReady,
            copies: status.mounts.filter { $0.state == .copied || $0.state == .failed })
        guard let answer = try supervisor.ask(.announce(announcement)) else {
            throw .unreachable("the supervisor has ended; \(supervisor.folder.path)/log may say why", .systemRefused)
        }
        if let error = answer.error { throw error }
        state.withLock { $0.isHandedOver = true }
        return answer.process
    }

    private func write(_ status: RunStatus, isReady: Bool) {
        guard let file = notices.metricsFile, !state.withLock({ $0.isHandedOver }) else { return }
        do throws(SystemError) {
            try file.write(MetricsText(task: status.task, isReady: isReady, mounts: status.mounts).text)
        } catch {
            complainOnce("the metrics file \(file.path) cannot be written: \(error.description)")
        }
    }

    private func tell(_ line: String, with news: ServiceManager.News? = nil) {
        guard let manager = notices.serviceManager else { return }
        let isNews = state.withLock { state in
            defer { state.line = line }
            return state.line != line
        }
        guard isNews || news != nil else { return }
        do throws(SystemError) { try manager.tell([news, .status(line)].compactMap(\.self)) } catch {
            complainOnce("the service manager at \(manager.address) cannot be told anything: \(error.description)")
        }
    }

    private func complainOnce(_ text: String) {
        let isFirst = state.withLock { state in
            defer { state.hasComplained = true }
            return !state.hasComplained
        }
        if isFirst { complain(text) }
    }
}
