import Glibc
public import Platform

/// Runs COMMAND as process 1 of a container would: it has a group of its own, signals of ours are sent on to that, and
/// processes that lose their parents are looked after, so that none stays behind as a zombie.
public struct CommandRun {
    public struct Outcome: Sendable {
        public var end: ProcessEnd
        /// How often somebody has wanted the program to end meanwhile.
        public var terminations: Int
    }

    private let signals: SignalWait
    private let note: (String) -> Void
    /// What is left of its group is asked to end, and ends after this many milliseconds.
    private static let grace = 5000

    /// No thread may have been started on which one of these signals is not blocked.
    public init(note: @escaping (String) -> Void) {
        self.note = note
        Children.adoptOrphans()
        signals = SignalWait(for: SignalWait.forwardable + [SIGCHLD])
    }

    /// Returns when it has ended, and what it has left behind in its group as well. `started` gets its process. It joins the
    /// namespaces behind `doors`.
    public func run(
        _ command: Command, in doors: OwnNamespaces.Doors? = nil, started: (Int32) -> Void
    ) throws(SystemError) -> Outcome {
        let jobs = JobControl()
        var kills = MemoryKills()
        let process = try CommandProcess.start(command, in: doors, takesTerminal: jobs.beginsInForeground)
        StandardStream.leaveInputAndOutput()
        let group = ProcessGroup(process)
        started(process)
        var terminations = 0
        var end: ProcessEnd?
        while end == nil {
            switch signals.next(milliseconds: nil) {
            case SIGCHLD, nil: break
            case SIGCONT: jobs.goOn(process)
            case let signal?:
                if signal == SIGTERM { terminations += 1 }
                send(signal, to: process)
            }
            while end == nil, let news = Children.news() {
                switch news {
                case .ended(process, let how): end = how
                case .stopped(process, let signal): jobs.hasStopped(process, by: signal)
                default: break
                }
            }
        }
        if let end, end.status != 0, kills.haveHappened() {
            note(
                "COMMAND has ended with \(end.status), and while it ran the kernel has killed processes for want of memory"
            )
        }
        terminations += clearUp(process, group, isHurried: terminations > 1)
        jobs.end(process)
        return Outcome(end: end ?? .exited(0), terminations: terminations)
    }

    /// To its group, or to itself where it has left that.
    private func send(_ signal: Int32, to process: Int32) {
        if kill(-process, signal) == -1, errno == ESRCH { kill(process, signal) }
    }

    /// COMMAND has ended; what stays behind in its group ends as well, as in a container. Returns how often somebody has
    /// wanted that to be quick.
    private func clearUp(_ process: Int32, _ group: ProcessGroup?, isHurried: Bool) -> Int {
        guard let group else { return 0 }
        var terminations = 0
        var watch = Stopwatch()
        var sent: Int32 = 0
        while true {
            while Children.news() != nil {}
            let left = kill(-process, 0) == 0 ? group.members : []
            guard !left.isEmpty else { return terminations }
            let isOver = watch.seconds * 1000 >= Double(Self.grace)
            if sent == 0 {
                note("COMMAND has ended and left \(left.map(\.description).joined(separator: ", ")): ends them")
                sent = SIGTERM
                kill(-process, SIGTERM)
                kill(-process, SIGCONT)
            } else if sent == SIGTERM, isOver || isHurried || terminations > 0 {
                sent = SIGKILL
                watch = Stopwatch()
                kill(-process, SIGKILL)
            } else if sent == SIGKILL, isOver {
                note("\(left.map(\.description).joined(separator: ", ")) cannot be ended")
                return terminations
            }
            if let signal = signals.next(milliseconds: 20), SignalWait.ends.contains(signal) { terminations += 1 }
        }
    }
}
