import Glibc
import Platform
import Synchronization

/// A session's process, as its keeper sees it.
final class RunningSession: Sendable {
    let process: Int32
    /// Nothing while it runs. Only under this lock is it asked for its end, after which its number may mean somebody
    /// else.
    private let end = Mutex<ProcessEnd?>(nil)
    /// The session ends when this is closed. What is written into it are numbers of drains.
    private let lifeline: OwnedDescriptor
    private let reports: OwnedDescriptor
    /// What has come of reports that nobody has taken yet.
    private let pending = Mutex<[UInt8]>([])
    /// What it had to say before it served.
    private let early = Mutex<[SessionReport]>([])

    init(_ program: SessionProgram, on mount: FUSEMount) throws(SystemError) {
        let order = try Pipe()
        let reports = try Pipe()
        try SessionOrder.write(program.configuration, to: order.writing)
        guard let device = mount.device else { throw SystemError(code: ENODEV) }
        let start = ProgramStart(
            program.words, program: program.program, environment: program.environment,
            descriptors: [
                order.reading, reports.writing, program.errors, device.file.raw, mount.memory.file.raw,
            ], group: .session)
        process = try start.start()
        lifeline = try Self.duplicate(order.writing)
        self.reports = try Self.duplicate(reports.reading)
    }

    private static func duplicate(_ descriptor: Int32) throws(SystemError) -> OwnedDescriptor {
        OwnedDescriptor(owning: try SystemError.check { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) })
    }

    enum Beginning: Equatable {
        case serving
        case failed(SessionFailure)
        /// Without a word.
        case ended
        case late
    }

    /// Whether it serves.
    func beginning(milliseconds: Int) -> Beginning {
        let end = MonotonicTime.milliseconds + milliseconds
        while true {
            switch pending.withLock({ SessionReport.take(from: &$0) }) {
            case .serving: return .serving
            case .failed(let failure): return .failed(failure)
            case let news?:
                early.withLock { $0.append(news) }
                continue
            case nil: break
            }
            let left = max(0, end - MonotonicTime.milliseconds)
            guard DescriptorWait.untilReadable(reports.raw, milliseconds: left) else { return .late }
            guard readMore() else { return .ended }
        }
    }

    /// What it has said before it served, and nobody has taken yet.
    func earlyNews() -> [SessionReport] {
        early.withLock { early in
            defer { early = [] }
            return early
        }
    }

    /// The next that it tells; nothing when it says no more, which is when it has ended. Waits for either.
    func nextNews() -> SessionReport? {
        while true {
            if let report = pending.withLock({ SessionReport.take(from: &$0) }) { return report }
            guard readMore() else { return nil }
        }
    }

    /// Wants all that is whole in the bucket. Never waits; false when the session has ended, or has not taken thousands
    /// of wishes before this one.
    func drain(_ number: UInt8) -> Bool {
        var number = number
        return write(lifeline.raw, &number, 1) == 1
    }

    private static let longestReport = 64 << 10

    /// False when nothing will ever come again.
    private func readMore() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = read(reports.raw, &chunk, chunk.count)
        guard count > 0 || count == -1 && errno == EINTR else { return false }
        return pending.withLock { pending in
            pending += chunk[..<max(0, count)]
            return pending.count <= Self.longestReport
        }
    }

    /// Waits until it has ended.
    @discardableResult
    func wait() -> ProcessEnd {
        while true {
            if let end = endIfAny { return end }
            ProcessEnd.await(process)
        }
    }

    /// Nothing while it runs.
    var endIfAny: ProcessEnd? {
        end.withLock { end in
            end = end ?? ProcessEnd.of(process, waiting: false)
            return end
        }
    }

    func kill() {
        end.withLock { end in
            if end == nil { _ = Glibc.kill(process, SIGKILL) }
        }
    }
}
